// experiments/simulator/observation.h
//
// What the real runs of a calibration (calibration_runs.h) say of one cell: core time per visit of
// server and client, and what the server's workers counted. A visit is one batch of pipelined
// requests answered.
//
// Core time is more than CPU time: part of the kernel's work on sockets is charged to no process. A
// core whose charges come near to all its time had no other time, so all of it counts.
//
// Threads: any; values.
// Errors:  none. A trial that failed, or has no result, is left out.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "experiments/harness/record.h"

namespace etude::sim {

enum class ClientPlace : std::uint8_t {
  near,   // on the server's cores
  apart,  // on cores of its own
};

struct Cell {
  std::string scheduler;
  std::string workload;
  ClientPlace client = ClientPlace::near;
  std::int64_t cores = 1;  // of the server
  std::int64_t connections = 0;
  std::int64_t pipeline = 1;
  auto operator<=>(const Cell&) const = default;
};

// All but the last three per visit.
struct Observation {
  Cell cell;
  double server_ns = 0;  // core time
  double client_ns = 0;
  double polls = 0;
  double migrations = 0;
  double steal_attempts = 0;
  double steal_successes = 0;
  double steal_tasks = 0;
  double steal_lost = 0;
  double thread_switches = 0;  // the server's
  double sleeps = 0;           // of these, those in which a thread of it had nothing to do
  double run_ns = 0;           // CPU that a server thread had between two of its switches; 0: all
  int trials = 1;              // of which this is the median
  bool disturbed = false;      // by other programs
};

std::vector<Observation> observe(const std::vector<harness::TrialRecord>& records);

// One observation for each cell: the median of each figure. In the order of the cells. Disturbed
// ones count only where a cell has no others.
std::vector<Observation> medians(std::vector<Observation> observations);

}  // namespace etude::sim
