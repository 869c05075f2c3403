// experiments/harness/subject.h
//
// The command lines of a trial: which server answers and which client loads it. What the suite
// says becomes arguments here and nowhere else.
//
// Threads: any; values.
// Limits:  the server is reached on 127.0.0.1, or from another machine over IPv4.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/types.h"
#include "experiments/harness/machine.h"
#include "experiments/harness/plan.h"

namespace etude::harness {

// The programs in use: those beside the running binary. ETUDE_SERVE, ETUDE_LOAD and ETUDE_CEILING
// put another command line (words separated by blanks) in the place of each; tests do, to run the
// harness against scripted servers. env.json tells when that was so.
struct Tools {
  std::vector<std::string> serve;
  std::vector<std::string> load;
  std::vector<std::string> ceiling;
  std::string bin;               // the directory of the running binary: {bin} of a suite
  std::vector<std::string> ssh;  // ETUDE_SSH: another program, or options for it
  std::string overrides;         // "ETUDE_LOAD=...", empty in ordinary runs
};
Tools find_tools();

struct ServerCommand {
  std::vector<std::string> words;
  std::uint16_t port = 0;  // 0: the server says it in its ready line
  std::string ready;       // a text of its output; "port": it accepts on `port`
  bool has_stats = false;  // answers GET /stats
};
enum class Reach : std::uint8_t { loopback, everywhere };
ServerCommand server_command(const Tools& tools, const Cell& cell, const CorePair& cores,
                             Reach reach);

// A program as a shell finds it: by its path, or in one of the directories of PATH.
bool program_is_there(const std::string& program);

// What to install, and for which program, when the cell's subject is not there and its suite says
// who provides it. Nothing for a subject without such a word: to miss that one is an error.
std::optional<std::string> lacking_program(const Tools& tools, const Cell& cell);

// The server's port, once its outputs so far, or its port, show that it is ready: the ready line
// must be whole, and name "http://HOST:PORT" unless the port is known already.
std::optional<std::uint16_t> ready_port(const ServerCommand& command,
                                        const std::vector<std::string>& outputs);

struct LoadTimes {
  double warmup_s;
  double duration_s;
  std::uint32_t threads;
  bool realtime;  // in open loop
};
// A client that sends only while (monotonic time / length) modulo count is its index.
struct Turns {
  Nanos length_ns;
  std::uint32_t index;
  std::uint32_t count;
};
struct LoadTarget {
  std::uint16_t port;
  int events_fd;      // where the client writes connected, warm, measure, measured, done
  int begin_fd = -1;  // where it reads when to begin, once connected; -1: at once
  std::optional<Turns> turns = {};
};
// It prints its histograms and then its result. `client`: nullptr for one beside the server; a
// remote one writes its events to stderr.
std::vector<std::string> load_command(const Tools& tools, const PlannedTrial& trial,
                                      const LoadTimes& times, const LoadTarget& target,
                                      const RemoteClient* client);

}  // namespace etude::harness
