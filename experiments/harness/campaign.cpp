#include "experiments/harness/campaign.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <map>

#include "core/failure.h"
#include "experiments/harness/analysis_place.h"
#include "experiments/harness/capacity.h"
#include "experiments/harness/progress.h"
#include "experiments/harness/rounds_campaign.h"
#include "experiments/harness/run_books.h"

namespace etude::harness {
namespace {

Plan selected_plan(const CampaignRequest& request, const Suite& suite) {
  Plan plan = make_plan(suite);
  if (!request.shard.empty()) {
    const auto keep = request.shard_by_block ? keep_shard_of_blocks : keep_shard;
    keep(plan, parse_shard(request.shard));
  }
  for (const std::string& key_value : request.only) keep_only(plan, key_value);
  put_capacities_first(suite, plan);
  // Simulated, all shards find the same one, and merging keeps it once.
  if (suite.use == SuiteUse::measured && !request.shard.empty() && !plan.trials.empty() &&
      measures_capacity(plan.trials.front())) {
    throw Error(fmt::format("--shard {}", request.shard),
                fmt::format("each shard would measure a capacity of \"{}\" of its own",
                            plan.trials.front().cell.workload.name),
                "give that workload a \"capacity_rps\", such as an unsharded run measures");
  }
  return plan;
}

// The attempt that is due for a trial, from 1; 0 when it is finished.
int due_attempt(const Journal& journal, const Suite& suite, const PlannedTrial& trial) {
  for (int attempt = 1; attempt <= 1 + suite.retries; ++attempt) {
    const auto status = journal.status_of(attempt_id(trial, attempt));
    if (!status) return attempt;
    if (*status != "nonstationary") return 0;
  }
  return 0;
}

std::string how_it_went(const TrialRow& trial) {
  std::string text = trial.status;
  if (trial.throughput_rps) text += fmt::format(", {:.0f} requests/s", *trial.throughput_rps);
  if (!trial.reasons.empty()) text += fmt::format(" ({})", trial.reasons);
  return text;
}

class Campaign {
 public:
  Campaign(const CampaignRequest& request, const Suite& suite, TrialRunner& runner);
  int run();

 private:
  void announce_until(std::size_t end);
  bool run_due_attempts(const PlannedTrial& trial);
  void report();

  const CampaignRequest& request_;
  const Suite& suite_;
  TrialRunner& runner_;
  Plan plan_;
  std::vector<const Factor*> varying_;
  RunBooks books_;
  Progress progress_;
  std::size_t announced_ = 0;  // of the plan's trials
};

double expected_s(const TrialRunner& runner, const Cell& cell) {
  return runner.why_skipped(cell) ? 0 : runner.expected_s(cell);
}

double expected_left_s(const Plan& plan, const Suite& suite, const Journal& journal,
                       const TrialRunner& runner) {
  double sum_s = 0;
  for (const PlannedTrial& trial : plan.trials) {
    if (due_attempt(journal, suite, trial) != 0) sum_s += expected_s(runner, trial.cell);
  }
  return sum_s;
}

std::size_t trials_left(const Plan& plan, const Suite& suite, const Journal& journal) {
  return static_cast<std::size_t>(std::count_if(
      plan.trials.begin(), plan.trials.end(),
      [&](const PlannedTrial& trial) { return due_attempt(journal, suite, trial) != 0; }));
}

Campaign::Campaign(const CampaignRequest& request, const Suite& suite, TrialRunner& runner)
    : request_(request),
      suite_(suite),
      runner_(runner),
      plan_(selected_plan(request, suite)),
      varying_(varying_factors(plan_)),
      books_(request.out, suite, plan_.run_id, runner.overrides()),
      progress_(talk_for_stderr(request.quiet), trials_left(plan_, suite_, books_.journal()),
                expected_left_s(plan_, suite_, books_.journal(), runner)) {}

int Campaign::run() {
  if (!books_.begin(progress_)) return books_.exit_code();
  for (std::size_t i = 0; i < plan_.trials.size(); ++i) {
    announce_until(i + 1 + runner_.lookahead());
    if (!run_due_attempts(plan_.trials[i])) break;
  }
  books_.finish();
  report();
  return books_.exit_code();
}

void Campaign::announce_until(std::size_t end) {
  for (; announced_ < std::min(end, plan_.trials.size()); ++announced_) {
    const PlannedTrial& trial = plan_.trials[announced_];
    const int attempt = due_attempt(books_.journal(), suite_, trial);
    if (attempt == 0) continue;
    const PlannedTrial rated = with_rate(suite_, trial, books_.journal());
    if (rated.cell.rate_share && !rated.cell.rate_rps) return;  // until its capacity is known
    runner_.announce(rated, attempt);
  }
}

// False: the run is over, the exit code says why.
bool Campaign::run_due_attempts(const PlannedTrial& trial) {
  const std::string what = describe(trial.cell, varying_);
  for (int attempt = due_attempt(books_.journal(), suite_, trial); attempt != 0;
       attempt = due_attempt(books_.journal(), suite_, trial)) {
    if (books_.interrupts().count() > 0) {
      books_.set_exit_code(kInterrupted);
      return false;
    }
    progress_.starts(what);
    const PlannedTrial rated = with_rate(suite_, trial, books_.journal());
    const std::optional<TrialRecord> record = runner_.run({.planned = rated,
                                                           .attempt = attempt,
                                                           .identity = books_.identity(),
                                                           .interrupts = books_.interrupts()});
    if (!record) {
      books_.set_exit_code(kInterrupted);
      return false;
    }
    if (measures_capacity(trial) && record->trial.status == "failed") {
      // Not kept: the rates of the whole slice would hang on it for good.
      progress_.says(fmt::format("{}: {}; no rate without it: run the same command again", what,
                                 how_it_went(record->trial)));
      books_.set_exit_code(kWorkFailed);
      return false;
    }
    if (!books_.keep({&*record, 1})) return false;
    // A retry was in nobody's estimate.
    const bool again = due_attempt(books_.journal(), suite_, trial) != 0;
    if (again) {
      progress_.says(fmt::format("{}: {}; once more", what, how_it_went(record->trial)));
    } else {
      progress_.finished(what, how_it_went(record->trial), expected_s(runner_, trial.cell));
    }
    books_.refresh_tables(progress_);
  }
  return true;
}

void Campaign::report() {
  std::map<std::string, int> by_status;
  for (const PlannedTrial& trial : plan_.trials) {
    for (int attempt = 1; attempt <= 1 + suite_.retries; ++attempt) {
      const auto status = books_.journal().status_of(attempt_id(trial, attempt));
      if (status) ++by_status[*status];
    }
  }
  std::string counts;
  for (const auto& [status, count] : by_status) counts += fmt::format(", {} {}", count, status);
  const std::size_t left = trials_left(plan_, suite_, books_.journal());
  progress_.says(fmt::format("{}: {} of {} trials{}", request_.out, plan_.trials.size() - left,
                             plan_.trials.size(), counts));
  if (books_.exit_code() == kInterrupted) {
    progress_.says("interrupted; run the same command again to go on");
  } else if (left == 0) {
    progress_.says("next: " + report_command(request_.out));
  }
  if (books_.exit_code() == kDone && by_status.contains("failed")) {
    progress_.says("failed trials are kept with their reasons in trials.csv");
    books_.set_exit_code(kWorkFailed);
  }
}

}  // namespace

int run_campaign(const CampaignRequest& request, const Suite& suite, TrialRunner& runner) {
  if (suite.compares_by_rounds()) return run_rounds(request, suite, runner, {});
  return Campaign(request, suite, runner).run();
}

void print_plan(const CampaignRequest& request, const Suite& suite, const TrialRunner& runner) {
  if (suite.compares_by_rounds()) return print_rounds_plan(request, suite, runner);
  const Plan plan = selected_plan(request, suite);
  const std::vector<const Factor*> varying = varying_factors(plan);
  double total_s = 0;
  double most_bytes = 0;
  fmt::print("{:>5} {:>5}  {:<18} {:>7}  {}\n", "block", "order", "trial_id", "about", "cell");
  for (const PlannedTrial& trial : plan.trials) {
    const auto skipped = runner.why_skipped(trial.cell);
    const double trial_s = expected_s(runner, trial.cell);
    total_s += trial_s;
    if (!skipped) most_bytes = std::max(most_bytes, runner.expected_bytes(trial.cell));
    fmt::print("{:>5} {:>5}  {:<18} {:>5.1f} s  {}{}\n", trial.block, trial.order, trial.trial_id,
               trial_s, describe(trial.cell, varying),
               skipped ? fmt::format("  skipped: {}", *skipped) : "");
  }
  std::map<std::string, std::string> workloads;
  for (const PlannedTrial& trial : plan.trials) {
    workloads[trial.cell.workload.name] = workload_text(trial.cell.workload);
  }
  for (const auto& [name, text] : workloads) fmt::print("{}: {}\n", name, text);
  fmt::print("{}: {} trials, seed {}, {} blocks, about {}\n", plan.run_id, plan.trials.size(),
             suite.seed, suite.blocks, duration_text(total_s));
  if (most_bytes > 0) fmt::print("memory: about {:.2f} GB at the most\n", most_bytes / 1e9);
}

}  // namespace etude::harness
