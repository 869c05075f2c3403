// experiments/simulator/simulated_trials.h
//
// Trials on virtual cores, several at a time on the cores at hand. Each gives the same record
// whatever runs beside it, and records come back in the plan's order.
//
// Threads:   the campaign's, and `jobs` of its own from the first trial to the destructor.
// Limits:    at most 2 x jobs trials are begun or finished and not asked for.
// Errors:    what cannot be modelled throws Error in the constructor, before anything is written.

#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "experiments/harness/trial_runner.h"
#include "experiments/simulator/build_model.h"
#include "experiments/simulator/simulate.h"

namespace etude::sim {

class SimulatedTrials final : public harness::TrialRunner {
 public:
  SimulatedTrials(const SimulatedSuite& suite, SchedulerMaker make_scheduler, std::uint32_t jobs);
  ~SimulatedTrials() override;

  std::optional<std::string> why_skipped(const harness::Cell& cell) const override;
  double expected_s(const harness::Cell& cell) const override;
  double expected_bytes(const harness::Cell& cell) const override;
  std::size_t lookahead() const override { return 2 * jobs_; }
  void announce(const harness::PlannedTrial& planned, int attempt) override;
  std::optional<harness::TrialRecord> run(const harness::TrialRun& run) override;

 private:
  struct Job {
    BuiltModel built;
    std::unique_ptr<Outcome> outcome;  // once it is done
  };

  void work();
  std::unique_ptr<Outcome> simulated(const Model& model);
  bool never_ends(const harness::Cell& cell) const;
  bool wait_for(const Job& job, harness::Interrupts& interrupts);

  const SimulatedSuite& suite_;
  const SchedulerMaker make_scheduler_;
  const std::uint32_t jobs_;
  const int finished_fd_;  // readable when a job has ended

  // The campaign's thread alone:
  std::map<std::string, std::shared_ptr<Job>> jobs_by_trial_;  // announced and not asked for
  std::vector<std::thread> threads_;

  std::mutex mutex_;  // of what follows, and of every Job's outcome
  std::condition_variable has_work_;
  std::deque<std::shared_ptr<Job>> queue_;  // not begun
  bool abandoned_ = false;
};

}  // namespace etude::sim
