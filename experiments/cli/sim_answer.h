// experiments/cli/sim_answer.h
//
// What `etude sim --scheduler ..` prints: the runs of each scheduler and load put together, beside
// what theory says of them.
//
// Threads: any; values.

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "experiments/harness/record.h"
#include "experiments/simulator/costs.h"
#include "experiments/simulator/quick_suite.h"
#include "experiments/simulator/theory_beside.h"

namespace etude::cli {

// One scheduler at one load: means over its runs.
struct SimAnswerRow {
  std::string scheduler;
  std::string scheduler_params;
  std::int64_t cores = 1;
  double load = 0;
  std::int64_t runs = 0;
  harness::Real mean_ns, mean_half_ns;  // half of Student's 95 % interval; absent: one run
  harness::Real p50_ns, p99_ns, p999_ns;
  harness::Real slowdown_mean, slowdown_p50, slowdown_p99, slowdown_p999;
  harness::Real throughput_rps, utilisation, efficiency;
  harness::Real steals_per_request, looks_per_request;
  std::optional<sim::ClosedForm> theory;
  std::string status;   // the gravest of its runs
  std::string reasons;  // of that one
};
using SimAnswer = std::vector<SimAnswerRow>;

struct AnswerSettings {
  sim::Lengths service;
  bool free = true;  // nothing costs time but the service
};

SimAnswer answer_of(const std::vector<harness::TrialRow>& trials, const AnswerSettings& settings);

bool costs_nothing(const sim::Costs& costs);

void print_table(const SimAnswer& answer, const sim::QuickQuestion& question);
void print_json(const SimAnswer& answer);

}  // namespace etude::cli
