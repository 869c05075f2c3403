// experiments/harness/trial_runner.h
//
// How the trials of a plan are carried out: on this machine (real_trials.h) or on virtual cores
// (experiments/simulator/simulated_trials.h). The campaign decides which trial is due and keeps its
// record; a runner turns one trial into one record.
//
// Threads:   all calls from the campaign's thread.
// Ordering:  run() is called once for each due trial, in the plan's order. Those to come may have
//            been announced before, at most lookahead() of them.
// Errors:    a trial that fails is a record with status failed and the reason.

#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "experiments/harness/interrupts.h"
#include "experiments/harness/outcome.h"
#include "experiments/harness/plan.h"

namespace etude::harness {

struct TrialRun {
  const PlannedTrial& planned;  // with its rate
  int attempt = 1;
  const RunIdentity& identity;
  Interrupts& interrupts;
};

// One round of a group: its sides in the order in which they start or run, with their rates.
struct RoundRun {
  std::span<const PlannedTrial> sides;
  Design design;
  int attempt = 1;
  const RunIdentity& identity;
  Interrupts& interrupts;
};

class TrialRunner {
 public:
  virtual ~TrialRunner() = default;
  TrialRunner(const TrialRunner&) = delete;
  TrialRunner& operator=(const TrialRunner&) = delete;

  // What env.json is to say about programs that stand in for ours; "": none.
  virtual std::string overrides() const { return {}; }

  // Why such a cell will be skipped; nothing when it will run.
  virtual std::optional<std::string> why_skipped(const Cell& cell) const = 0;

  // What one trial will take, all in, for the plan's listing and the first ETA.
  virtual double expected_s(const Cell& cell) const = 0;

  // The memory that trials such as this one will take, as many at a time as are run; 0: unknown.
  virtual double expected_bytes(const Cell&) const { return 0; }

  // How many trials beyond the one that is due it may begin, and that one of them is due soon.
  virtual std::size_t lookahead() const { return 0; }
  virtual void announce(const PlannedTrial&, int /*attempt*/) {}

  // Nothing when the user abandoned it (a second Ctrl-C): then there is no record.
  virtual std::optional<TrialRecord> run(const TrialRun& run) = 0;

  // One record for each side; nothing when the user abandoned it. Sides of a paired round run back
  // to back; who can run several at once does so for the other designs.
  virtual std::optional<std::vector<TrialRecord>> run_round(const RoundRun& round) {
    std::vector<TrialRecord> records;
    for (const PlannedTrial& side : round.sides) {
      auto record = run({side, round.attempt, round.identity, round.interrupts});
      if (!record) return std::nullopt;
      records.push_back(std::move(*record));
    }
    return records;
  }

 protected:
  TrialRunner() = default;
};

}  // namespace etude::harness
