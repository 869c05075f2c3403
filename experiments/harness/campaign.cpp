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
#include "experiments/harness/trial.h"

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
  if (!request.shard.empty() && measures_capacity(plan.trials.front())) {
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
  Campaign(const CampaignRequest& request, const Suite& suite);
  int run();

 private:
  bool run_due_attempts(const PlannedTrial& trial);
  bool keep(const TrialRecord& record);
  void refresh_tables();
  void report();
  bool disk_refuses(const std::optional<std::string>& problem);

  const CampaignRequest& request_;
  const Suite& suite_;
  Interrupts interrupts_;  // first: it lasts until every child has ended
  Plan plan_;
  std::vector<const Factor*> varying_;
  Tools tools_;
  Machine machine_;
  RunIdentity identity_;
  Json environment_;
  ResultsDir results_;
  TrialContext context_;
  Progress progress_;
  Nanos tables_due_ns_ = 0;
  int exit_code_ = kDone;
};

double expected_left_s(const Plan& plan, const Suite& suite, const Journal& journal) {
  double sum_s = 0;
  for (const PlannedTrial& trial : plan.trials) {
    if (due_attempt(journal, suite, trial) != 0) sum_s += expected_s(suite, trial.cell);
  }
  return sum_s;
}

std::size_t trials_left(const Plan& plan, const Suite& suite, const Journal& journal) {
  return static_cast<std::size_t>(std::count_if(
      plan.trials.begin(), plan.trials.end(),
      [&](const PlannedTrial& trial) { return due_attempt(journal, suite, trial) != 0; }));
}

Campaign::Campaign(const CampaignRequest& request, const Suite& suite)
    : request_(request),
      suite_(suite),
      plan_(selected_plan(request, suite)),
      varying_(varying_factors(plan_)),
      tools_(find_tools()),
      machine_(this_machine()),
      environment_(describe_environment(tools_.overrides)),
      results_(ResultsDir::open_or_create(request.out, suite.as_run)),
      context_{.suite = suite_,
               .identity = identity_,
               .tools = tools_,
               .machine = machine_,
               .interrupts = interrupts_,
               .bounds = {}},
      progress_(talk_for_stderr(request.quiet), trials_left(plan_, suite_, results_.journal()),
                expected_left_s(plan_, suite_, results_.journal())) {
  machine_.client_elsewhere = suite.client.has_value();
  identity_ = {.run_id = plan_.run_id,
               .git_rev = git_revision(),
               .env_id = environment_["env_id"].get<std::string>()};
}

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
  for (const PlannedTrial& trial : plan_.trials) {
    if (!run_due_attempts(trial)) break;
  }
  const auto problem = results_.write_tables();
  if (exit_code_ == kDone || exit_code_ == kInterrupted) disk_refuses(problem);
  report();
  return exit_code_;
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
    const std::optional<TrialRecord> record =
        run_trial(context_, with_rate(suite_, trial, results_.journal()), attempt);
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
      progress_.finished(what, how_it_went(record->trial), expected_s(suite_, trial.cell));
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

int run_campaign(const CampaignRequest& request) {
  // A file-size limit then reads as a full disk does, instead of killing us half-way.
  ::signal(SIGXFSZ, SIG_IGN);
  const Suite suite = read_suite(request.suite_path, request.overrides, request.check_scheduler);
  return Campaign(request, suite).run();
}

void print_plan(const CampaignRequest& request) {
  const Suite suite = read_suite(request.suite_path, request.overrides, request.check_scheduler);
  const Plan plan = selected_plan(request, suite);
  Machine machine = this_machine();
  machine.client_elsewhere = suite.client.has_value();
  const Tools tools = find_tools();
  const std::vector<const Factor*> varying = varying_factors(plan);
  double total_s = 0;
  fmt::print("{:>5} {:>5}  {:<18} {:>7}  {}\n", "block", "order", "trial_id", "about", "cell");
  for (const PlannedTrial& trial : plan.trials) {
    auto skipped = why_not(trial.cell, machine);
    if (!skipped) skipped = lacking_program(tools, trial.cell);
    const double trial_s = skipped ? 0 : expected_s(suite, trial.cell);
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
