#include "experiments/harness/real_trials.h"

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
  return run_trial(context(run.identity, run.interrupts), run.planned, run.attempt);
}

std::optional<std::vector<TrialRecord>> RealTrials::run_round(const RoundRun& round) {
  if (round.design == Design::paired) return TrialRunner::run_round(round);
  return run_together(context(round.identity, round.interrupts), round.sides, round.design,
                      round.attempt);
}

TrialContext RealTrials::context(const RunIdentity& identity, Interrupts& interrupts) const {
  return {.suite = suite_,
          .identity = identity,
          .tools = tools_,
          .machine = machine_,
          .interrupts = interrupts,
          .bounds = {}};
}

}  // namespace etude::harness
