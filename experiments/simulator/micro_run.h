// experiments/simulator/micro_run.h
//
// Runs those micro-benchmarks that a calibration needs, as a child process, and reads what it says.
//
// Threads: one: see harness/process.h.
// Limits:  ends within kMicroRun_ns, or is an Error.
// Errors:  Error when there is no etude_bench, it fails, or says something else than results.

#pragma once

#include <string>
#include <vector>

#include "core/types.h"
#include "experiments/simulator/calibration.h"

namespace etude::sim {

inline constexpr Nanos kMicroRun_ns = 120 * kSecond;

// The words that start etude_bench: ETUDE_BENCH (words separated by blanks, for tests), or the one
// beside the running binary. Error when that is not there.
std::vector<std::string> find_benchmarks();

// What it prints: JSON as Google Benchmark writes it.
std::string run_benchmarks(const std::vector<std::string>& program);

// `source`: what complaints call the text.
MicroTimes parse_benchmarks(const std::string& json_text, const std::string& source);

}  // namespace etude::sim
