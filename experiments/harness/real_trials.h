// experiments/harness/real_trials.h
//
// Trials on this machine, one at a time or the sides of a round together: real servers, real
// clients (trial.h).

#pragma once

#include "experiments/harness/machine.h"
#include "experiments/harness/subject.h"
#include "experiments/harness/suite.h"
#include "experiments/harness/trial.h"

namespace etude::harness {

class RealTrials final : public TrialRunner {
 public:
  explicit RealTrials(const Suite& suite);

  std::string overrides() const override { return tools_.overrides; }
  std::optional<std::string> why_skipped(const Cell& cell) const override;
  double expected_s(const Cell& cell) const override;
  std::optional<TrialRecord> run(const TrialRun& run) override;
  std::optional<std::vector<TrialRecord>> run_round(const RoundRun& round) override;

 private:
  TrialContext context(const RunIdentity& identity, Interrupts& interrupts) const;

  const Suite& suite_;
  const Tools tools_;
  Machine machine_;
};

}  // namespace etude::harness
