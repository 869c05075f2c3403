// experiments/harness/machine.h
//
// What this machine can hold: file descriptors, ports, cores. A cell that does not fit is not
// shrunk; why_not() says what is missing, and that sentence becomes its record.
//
// Threads: one at a time; this_machine() raises the limit of open files to the hard one, for the
//          process and whatever it starts later.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "experiments/harness/cell.h"

namespace etude::harness {

struct Machine {
  std::vector<std::uint32_t> cores;  // those this process may run on
  std::uint64_t fds_max = 0;         // per process, as it is in force
  std::uint32_t client_ports = 0;    // size of the ephemeral range
  bool client_elsewhere = false;     // on another machine, whose limits are not known here
};

// Raises the soft limit of open files to the hard one: an ordinary shell's 1,024 would not hold
// the sweep, and the user has the right to the rest already.
Machine this_machine();

struct CorePair {
  std::vector<std::uint32_t> server;
  std::vector<std::uint32_t> client;
};

// Which cores the cell's server and client get; nothing when they do not exist here.
std::optional<CorePair> place(const Cell& cell, const Machine& machine);

// Nothing when the cell fits; otherwise what it needs and what there is.
std::optional<std::string> why_not(const Cell& cell, const Machine& machine);

}  // namespace etude::harness
