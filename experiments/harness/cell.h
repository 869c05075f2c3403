// experiments/harness/cell.h
//
// One cell of an experiment: what one trial holds fixed. Plain data, read from the levels of a
// suite's factors; kFactors is the one list of what can vary, and adding a factor is a member of
// Cell and a row there.
//
// Threads:   any; values.
// Errors:    a level of the wrong type, out of range or unknown is refused through its Field.

#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "experiments/harness/checked_json.h"
#include "experiments/harness/workload.h"

namespace etude::harness {

struct SchedulerChoice {
  std::string name;
  std::map<std::string, std::string> params;  // as the suite sets them
  std::string effective_params;               // all of them, as the tables show: "order=fifo ..."
};

// Throws Error when no such scheduler or parameter exists; returns the parameters in effect.
// Handed in by the program's main, so that the harness knows no scheduler by name.
using SchedulerCheck = std::function<std::string(const SchedulerChoice&)>;

enum class SubjectKind : std::uint8_t {
  etude,    // build/etude serve with the cell's scheduler
  ceiling,  // the bare control server beside it: no scheduler, one canned answer
  command,  // any command line
};

struct Subject {
  SubjectKind kind = SubjectKind::etude;
  std::string name = "etude";
  std::vector<std::string> command;  // for `command`: {bin}, {port} and {cores} are filled in
  std::string ready;                 // a text in its output, or "port": until the port accepts
  std::string provided_by;           // who installs the program; "": it has to be there
};

// Which cores the server and the client are pinned to. `split`: the first `cores` cores serve, the
// rest load. `swapped`: the last `cores` serve. `shared`: both on the first `cores`. `listed`: as
// written in the suite.
enum class PlacementKind : std::uint8_t { split, swapped, shared, listed };

struct Placement {
  PlacementKind kind = PlacementKind::split;
  std::vector<std::uint32_t> server_cores;  // for `listed`
  std::vector<std::uint32_t> client_cores;
};

// "0+1" in tables, "0,1" on command lines.
std::string core_text(const std::vector<std::uint32_t>& cores, char separator);

// "split", or the cores as listed: "server=0+1 client=2".
std::string placement_text(const Placement& placement);

// The driver's own variables of study, as the flags of `etude serve` name them and with its
// defaults; suite_test.cpp holds the two together.
struct DriverChoice {
  std::uint32_t poll_every = 128;
  std::uint32_t search_rounds = 4;
  std::string wake_policy = "throttled";
  std::string io_claim = "off";
  std::uint32_t claim_after_us = 1'000;
};

struct Cell {
  Subject subject;
  SchedulerChoice scheduler;  // this and the next four: for the subject `etude` only
  DriverChoice driver;
  std::uint32_t threads_per_core = 1;
  std::string acceptor = "reuseport";
  std::optional<std::uint32_t> backlog;  // absent: the server's default
  Workload workload;
  std::uint32_t connections = 0;
  std::uint32_t pipeline = 1;
  std::string mode = "batch";
  std::string arrival = "closed";
  std::optional<double> rate_rps;    // open loop only: this one,
  std::optional<double> rate_share;  // or this share of a measured capacity (capacity.h)
  std::uint32_t cores = 1;           // cores of the server
  Placement placement;
  std::string model;  // of the simulated machine, by its name in the suite; "" when measured
  std::string label;  // "A" and "B" of an A/A pair, else ""
};

// What a level is read against.
struct LevelContext {
  const std::map<std::string, Workload>& workloads;
  const std::vector<std::string>& models;
  const SchedulerCheck& check_scheduler;
};

struct Factor {
  std::string_view name;
  void (*apply)(const Field& level, const LevelContext& context, Cell& cell);
  std::string (*text)(const Cell& cell);  // as --only and the plan's listing write it; "" = n/a
  std::string_view serve_flag = {};       // of the driver's variables: the option they go to
};

// In the order in which they are crossed, the first varying slowest.
std::span<const Factor> factors();
std::vector<std::string_view> factor_names();

// The driver's variables in effect, as the tables show them: "poll_every=128 search_rounds=4 ..".
// "" for a subject that is not ours.
std::string driver_text(const Cell& cell);

// Clears what does not apply (a ceiling server has no scheduler), so that equal cells are equal.
void normalise(Cell& cell);

// Everything about the cell, in a fixed order: two cells are the same if and only if these are.
Json cell_json(const Cell& cell);

}  // namespace etude::harness
