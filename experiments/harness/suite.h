// experiments/harness/suite.h
//
// Reads a suite file: what varies (factors x levels, or several such products), how often, how
// long. The schema is in experiments/README.md. It refuses whatever it does not understand, and
// leaves what this machine cannot hold to the trial, because the same file runs on others. "half"
// in the place of a number of cores or of client threads is filled in from this machine.
//
// Threads:   any; a Suite is a value.
// Errors:    Error that names file, field, value, what is allowed and the remedy. Nothing is
//            written or started before a suite has been read.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "experiments/harness/cell.h"
#include "experiments/harness/checked_json.h"
#include "experiments/harness/comparing.h"
#include "experiments/harness/remote.h"

namespace etude::harness {

// The same file is run both ways. What is only one of them is in the other ignored, where that
// loses nothing (the factor `model`), else refused.
enum class SuiteUse : std::uint8_t { measured, simulated };

struct Suite {
  SuiteUse use = SuiteUse::measured;
  std::string name;
  std::uint32_t seed = 1;
  std::uint32_t blocks = 0;  // 0: the suite compares by rounds
  double warmup_s = 0;
  double duration_s = 0;
  std::uint32_t load_threads = 1;
  bool client_realtime = false;        // in open loop; for cores that client and server share
  int retries = 1;                     // of a nonstationary trial; every attempt is kept
  std::optional<RemoteClient> client;  // absent: beside the server
  Comparing comparing;                 // by rounds, or in blocks
  std::vector<Cell> cells;             // each once, in the order of the file
  Json as_run;  // the file's content with the seed, blocks and halves in force

  // Simulated trials disturb one another in nothing: there, such a suite runs its blocks.
  bool compares_by_rounds() const { return comparing.by_rounds() && use == SuiteUse::measured; }
};

// What the command line says: how the suite is used, and what is put in place of its own values.
struct SuiteOverrides {
  SuiteUse use = SuiteUse::measured;
  std::optional<std::uint32_t> seed;
  std::optional<std::uint32_t> blocks;
  std::optional<double> duration_s = {};
};

Suite read_suite(const std::string& path, const SuiteOverrides& overrides,
                 const SchedulerCheck& check_scheduler);

// The same from a document in memory; `file` stands in complaints.
Suite parse_suite(const Json& document, const std::string& file, const SuiteOverrides& overrides,
                  const SchedulerCheck& check_scheduler);

// The document with each "half" in `cores` and `load_threads` replaced by half of `cores_usable`,
// rounded down, and 1 at least. The results then hold the numbers, and not what they came from.
Json with_halves(Json document, std::uint32_t cores_usable);

}  // namespace etude::harness
