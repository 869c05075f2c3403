// experiments/simulator/quick_suite.h
//
// A suite from a command line: schedulers, cores, a service and loads, and nothing of a server.
// Requests arrive as a Poisson stream, straight to the scheduler, each at a worker of its own
// choice; an ideal client. This is the textbook's queue, so that theory has a word beside it.
//
// Threads: any; values.
// Limits:  0 < load < 1. Warm-up and requests follow the relaxation time at the highest load
//          (settling.h) as long as that is at most kRequestsMost; else the trials' status says it.
// Errors:  Error that names the option, the value and the remedy.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "experiments/harness/checked_json.h"

namespace etude::sim {

struct QuickQuestion {
  std::vector<std::string> schedulers;  // "fifo", "work-stealing:steal=one"
  std::string service;                  // "exp:5", as a workload's
  std::string loads = "0.5";            // "0.8", "0.5,0.8", "0.1:0.95:0.05"
  std::uint32_t cores = 1;
  std::string costs = "zero";
  std::optional<std::uint64_t> requests;  // of each trial, warm-up apart
  std::uint32_t blocks = 4;               // runs of each cell, each with its own seed
  std::uint64_t seed = 1;
};

inline constexpr std::uint64_t kRequestsLeast = 400'000;  // p99.9 then has 400 beyond it
inline constexpr std::uint64_t kRequestsMost = 5'000'000;

// What the document's one workload is called.
inline constexpr const char* kQuickWorkload = "service";

harness::Json quick_suite(const QuickQuestion& question);

// "0.1:0.3:0.1" -> 0.1, 0.2, 0.3; "0.5,0.8"; "0.8".
std::vector<double> parse_loads(const std::string& text);

}  // namespace etude::sim
