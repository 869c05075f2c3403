#include "experiments/harness/campaign.h"

#include <fmt/format.h>
#include <signal.h>

#include <algorithm>
#include <cstdio>
#include <map>

#include "core/clock.h"
#include "core/failure.h"
#include "experiments/harness/capacity.h"
#include "experiments/harness/environment.h"
#include "experiments/harness/progress.h"
#include "experiments/harness/results_dir.h"

namespace etude::harness {
namespace {

// The tables are rewritten now and then for those who look on, and never for more than a twentieth
// of the time.
constexpr Nanos kTablesEvery_ns = 20 * kSecond;
constexpr Nanos kTablesCostFactor = 20;

Plan selected_plan(const CampaignRequest& request, const Suite& suite) {
  Plan plan = make_plan(suite);
  if (!request.shard.empty()) keep_shard(plan, parse_shard(request.shard));
  for (const std::string& key_value : request.only) keep_only(plan, key_value);
  put_capacities_first(suite, plan);
  // Simulated, all shards find the same one, and merging keeps it once.
  if (suite.use == SuiteUse::measured && !request.shard.empty() &&
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
  bool keep(const TrialRecord& record);
  void refresh_tables();
  void report();
  bool disk_refuses(const std::optional<std::string>& problem);

  const CampaignRequest& request_;
  const Suite& suite_;
  TrialRunner& runner_;
  Interrupts interrupts_;  // before any child or thread is started
  Plan plan_;
  std::vector<const Factor*> varying_;
  Json environment_;
  RunIdentity identity_;
  ResultsDir results_;
  Progress progress_;
  std::size_t announced_ = 0;  // of the plan's trials
  Nanos tables_due_ns_ = 0;
  int exit_code_ = kDone;
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
      environment_(describe_environment(runner.overrides())),
      identity_{.run_id = plan_.run_id,
                .git_rev = git_revision(),
                .env_id = environment_["env_id"].get<std::string>()},
      results_(ResultsDir::open_or_create(request.out, suite.as_run)),
      progress_(talk_for_stderr(request.quiet), trials_left(plan_, suite_, results_.journal()),
                expected_left_s(plan_, suite_, results_.journal(), runner)) {}

// True: it did, said so, and the run is over.
bool Campaign::disk_refuses(const std::optional<std::string>& problem) {
  if (!problem) return false;
  fmt::print(stderr, "etude: {}; make room and run the same command again, it resumes\n", *problem);
  exit_code_ = kWorkFailed;
  return true;
}

int Campaign::run() {
  if (results_.journal().dropped_torn_line()) {
    progress_.says("the journal ended in a torn line, of a trial that was not finished: dropped");
  }
  if (disk_refuses(results_.keep_environment(environment_))) return exit_code_;
  if (disk_refuses(results_.write_tables())) return exit_code_;
  tables_due_ns_ = monotonic_ns() + kTablesEvery_ns;
  for (std::size_t i = 0; i < plan_.trials.size(); ++i) {
    announce_until(i + 1 + runner_.lookahead());
    if (!run_due_attempts(plan_.trials[i])) break;
  }
  const auto problem = results_.write_tables();
  if (exit_code_ == kDone || exit_code_ == kInterrupted) disk_refuses(problem);
  report();
  return exit_code_;
}

void Campaign::announce_until(std::size_t end) {
  for (; announced_ < std::min(end, plan_.trials.size()); ++announced_) {
    const PlannedTrial& trial = plan_.trials[announced_];
    const int attempt = due_attempt(results_.journal(), suite_, trial);
    if (attempt == 0) continue;
    const PlannedTrial rated = with_rate(suite_, trial, results_.journal());
    if (rated.cell.rate_share && !rated.cell.rate_rps) return;  // until its capacity is known
    runner_.announce(rated, attempt);
  }
}

// False: the run is over, exit_code_ says why.
bool Campaign::run_due_attempts(const PlannedTrial& trial) {
  const std::string what = describe(trial.cell, varying_);
  for (int attempt = due_attempt(results_.journal(), suite_, trial); attempt != 0;
       attempt = due_attempt(results_.journal(), suite_, trial)) {
    if (interrupts_.count() > 0) {
      exit_code_ = kInterrupted;
      return false;
    }
    progress_.starts(what);
    const PlannedTrial rated = with_rate(suite_, trial, results_.journal());
    const std::optional<TrialRecord> record = runner_.run(
        {.planned = rated, .attempt = attempt, .identity = identity_, .interrupts = interrupts_});
    if (!record) {
      exit_code_ = kInterrupted;
      return false;
    }
    if (measures_capacity(trial) && record->trial.status == "failed") {
      // Not kept: the rates of the whole slice would hang on it for good.
      progress_.says(fmt::format("{}: {}; no rate without it: run the same command again", what,
                                 how_it_went(record->trial)));
      exit_code_ = kWorkFailed;
      return false;
    }
    if (!keep(*record)) return false;
    // A retry was in nobody's estimate.
    const bool again = due_attempt(results_.journal(), suite_, trial) != 0;
    if (again) {
      progress_.says(fmt::format("{}: {}; once more", what, how_it_went(record->trial)));
    } else {
      progress_.finished(what, how_it_went(record->trial), expected_s(runner_, trial.cell));
    }
    refresh_tables();
  }
  return true;
}

bool Campaign::keep(const TrialRecord& record) {
  return !disk_refuses(results_.journal().append(record));
}

void Campaign::refresh_tables() {
  const Nanos start_ns = monotonic_ns();
  if (start_ns < tables_due_ns_) return;
  // A full disk shows again at the next record, or at the end; the journal is what counts.
  if (const auto problem = results_.write_tables()) progress_.says(*problem);
  const Nanos end_ns = monotonic_ns();
  tables_due_ns_ = end_ns + std::max(kTablesEvery_ns, kTablesCostFactor * (end_ns - start_ns));
}

void Campaign::report() {
  std::map<std::string, int> by_status;
  for (const PlannedTrial& trial : plan_.trials) {
    for (int attempt = 1; attempt <= 1 + suite_.retries; ++attempt) {
      const auto status = results_.journal().status_of(attempt_id(trial, attempt));
      if (status) ++by_status[*status];
    }
  }
  std::string counts;
  for (const auto& [status, count] : by_status) counts += fmt::format(", {} {}", count, status);
  const std::size_t left = trials_left(plan_, suite_, results_.journal());
  progress_.says(fmt::format("{}: {} of {} trials{}", request_.out, plan_.trials.size() - left,
                             plan_.trials.size(), counts));
  if (exit_code_ == kInterrupted) {
    progress_.says("interrupted; run the same command again to go on");
  } else if (left == 0) {
    progress_.says(fmt::format("next: python3 analysis/report.py {}", request_.out));
  }
  if (exit_code_ == kDone && by_status.contains("failed")) {
    progress_.says("failed trials are kept with their reasons in trials.csv");
    exit_code_ = kWorkFailed;
  }
}

}  // namespace

int run_campaign(const CampaignRequest& request, const Suite& suite, TrialRunner& runner) {
  // A file-size limit then reads as a full disk does, instead of killing us half-way.
  ::signal(SIGXFSZ, SIG_IGN);
  return Campaign(request, suite, runner).run();
}

void print_plan(const CampaignRequest& request, const Suite& suite, const TrialRunner& runner) {
  const Plan plan = selected_plan(request, suite);
  const std::vector<const Factor*> varying = varying_factors(plan);
  double total_s = 0;
  fmt::print("{:>5} {:>5}  {:<18} {:>7}  {}\n", "block", "order", "trial_id", "about", "cell");
  for (const PlannedTrial& trial : plan.trials) {
    const auto skipped = runner.why_skipped(trial.cell);
    const double trial_s = expected_s(runner, trial.cell);
    total_s += trial_s;
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
}

}  // namespace etude::harness
