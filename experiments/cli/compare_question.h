// experiments/cli/compare_question.h
//
// From the words of `etude compare` to a suite that compares by rounds (experiments/README.md).
//
// Threads: any; values.
// Errors:  Error for whatever could not be run as it is written; nothing is started or written.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "experiments/cli/fail_if.h"
#include "experiments/harness/checked_json.h"

namespace etude::cli {

// As typed.
struct CompareWords {
  std::vector<std::string> names;  // schedulers, or "bare"; the first is the baseline
  std::vector<std::string> subjects;
  std::string scheduler;  // of each build among the subjects

  std::string workload = "plaintext";
  std::string connections = "256";
  std::optional<std::uint32_t> pipeline;
  std::optional<double> rate_rps;
  std::string arrival;
  std::uint32_t client_threads = 0;  // 0: one for each server core, if there are cores for them

  std::optional<std::uint32_t> cores;
  std::string placement;
  std::string server_cores;
  std::string client_cores;
  std::uint32_t threads_per_core = 1;

  std::string metric = "cpu";
  std::string within;
  std::string budget = "60s";
  std::string design = "auto";
  std::string duration;
  std::string warmup;
  std::uint32_t seed = 1;
  std::string fail_if;
};

struct Question {
  harness::Json suite;
  std::string slug;  // "fifo-work-stealing": for the name of a directory
  std::string metric;
  double budget_s = 0;
  bool times_typed = false;  // -d or -w: the trials' lengths are not to be fitted to the budget
  std::optional<FailIf> fail_if;
};

Question make_question(const CompareWords& words);

// The question with trials that last that long, rounded to 10 ms, and at most so many pairs. The
// fewer pairs, the fewer looks share the error that is allowed: more would only cost power.
struct Fit {
  double warmup_s;
  double duration_s;
  std::uint32_t pairs_max;
};
Question fit_question(Question question, const Fit& fit);

inline constexpr std::uint32_t kComparePairsMin = 6;

}  // namespace etude::cli
