#include "experiments/harness/real_trials.h"

#include "experiments/harness/trial.h"

namespace etude::harness {
namespace {

// Chosen by hand from runs on two cores; only the ETA depends on them.
constexpr double kStartAndStop_s = 0.3;
constexpr double kConnectionsPerSecond = 20'000;

}  // namespace

RealTrials::RealTrials(const Suite& suite)
    : suite_(suite), tools_(find_tools()), machine_(this_machine()) {
  machine_.client_elsewhere = suite.client.has_value();
}

std::optional<std::string> RealTrials::why_skipped(const Cell& cell) const {
  auto reason = why_not(cell, machine_);
  return reason ? reason : lacking_program(tools_, cell);
}

double RealTrials::expected_s(const Cell& cell) const {
  return kStartAndStop_s + cell.connections / kConnectionsPerSecond + suite_.warmup_s +
         suite_.duration_s;
}

std::optional<TrialRecord> RealTrials::run(const TrialRun& run) {
  return run_trial({.suite = suite_,
                    .identity = run.identity,
                    .tools = tools_,
                    .machine = machine_,
                    .interrupts = run.interrupts,
                    .bounds = {}},
                   run.planned, run.attempt);
}

}  // namespace etude::harness
