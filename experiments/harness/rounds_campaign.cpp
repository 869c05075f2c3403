#include "experiments/harness/rounds_campaign.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "core/clock.h"
#include "core/failure.h"
#include "core/random.h"
#include "experiments/harness/capacity.h"
#include "experiments/harness/round_plan.h"
#include "experiments/harness/round_progress.h"
#include "experiments/harness/run_books.h"

namespace etude::harness {
namespace {

class RoundsCampaign {
 public:
  RoundsCampaign(const CampaignRequest& request, const Suite& suite, TrialRunner& runner,
                 std::vector<Group> groups, const RoundObserver& observer);
  int run();

 private:
  bool run_all();
  bool run_first_rounds();
  bool run_open_rounds();
  bool run_solo_trials();
  bool run_capacities();
  bool run_trial_once(const PlannedTrial& trial);
  bool run_round(std::size_t group);
  bool budget_allows(std::size_t group) const;
  std::vector<std::size_t> open_groups() const;
  bool interrupted();
  void tell(const std::string& running, bool ended);

  const Suite& suite_;
  TrialRunner& runner_;
  const RoundObserver& observer_;
  RoundLog log_;
  const Plan solo_;
  RunBooks books_;
  Progress progress_;
  std::uint32_t rounds_ = 0;
  bool asks_ = false;  // at least one comparison is no control
  bool side_failed_ = false;
};

RoundsCampaign::RoundsCampaign(const CampaignRequest& request, const Suite& suite,
                               TrialRunner& runner, std::vector<Group> groups,
                               const RoundObserver& observer)
    : suite_(suite),
      runner_(runner),
      observer_(observer),
      log_(suite, std::move(groups)),
      solo_(solo_plan(suite, log_.groups())),
      books_(request.out, suite, run_id_of(suite), runner.overrides()),
      progress_(talk_for_stderr(request.quiet), 0, 0) {
  for (const JournalEntry& entry : books_.journal().entries()) {
    log_.add(books_.journal().read(entry));
  }
  for (std::size_t g = 0; g < log_.groups().size(); ++g) {
    rounds_ += log_.rounds_finished(g);
    for (const Comparison& comparison : log_.groups()[g].comparisons) {
      asks_ = asks_ || comparison.control == Control::none;
    }
  }
  books_.add_table("comparisons.csv", [this] {
    std::string text = comparisons_csv_header();
    for (const ComparisonRow& row : log_.rows(books_.identity().run_id)) text += csv_line(row);
    return text;
  });
}

int RoundsCampaign::run() {
  if (!books_.begin(progress_)) return books_.exit_code();
  const bool whole = run_all();
  books_.finish();
  tell("", true);
  if (books_.exit_code() == kInterrupted) {
    progress_.says("interrupted; run the same command again to go on");
  } else if (whole && side_failed_) {
    progress_.says("failed trials are kept with their reasons in trials.csv");
    books_.set_exit_code(kWorkFailed);
  }
  return books_.exit_code();
}

bool RoundsCampaign::run_all() {
  return run_capacities() && run_first_rounds() && run_solo_trials() && run_open_rounds();
}

bool RoundsCampaign::interrupted() {
  if (books_.interrupts().count() == 0) return false;
  books_.set_exit_code(kInterrupted);
  return true;
}

void RoundsCampaign::tell(const std::string& running, bool ended) {
  if (!observer_) return;
  const std::vector<ComparisonRow> rows = log_.rows(books_.identity().run_id);
  observer_({.rows = rows,
             .rounds = rounds_,
             .spent_s = log_.spent_s(),
             .budget_s = suite_.comparing.budget_s.value_or(0),
             .running = running,
             .ended = ended});
}

// Every group gets its first rounds, pass by pass, so that a drift of the machine falls on all.
bool RoundsCampaign::run_first_rounds() {
  const std::size_t count = log_.groups().size();
  for (std::uint32_t pass = 0; pass < suite_.comparing.pairs_min; ++pass) {
    const std::uint64_t seed = mix_seed((std::uint64_t{suite_.seed} << 32U) | pass);
    for (const std::uint32_t group : shuffled(count, seed)) {
      if (!log_.groups()[group].needs.empty() || log_.rounds_finished(group) > pass) continue;
      if (!budget_allows(group)) return true;
      if (!run_round(group)) return false;
    }
  }
  return true;
}

// Groups that a round may still close, those that need least time first.
std::vector<std::size_t> RoundsCampaign::open_groups() const {
  const std::vector<ComparisonRow> rows = log_.rows(books_.identity().run_id);
  std::vector<std::pair<double, std::size_t>> open;
  for (std::size_t g = 0; g < log_.groups().size(); ++g) {
    const Group& group = log_.groups()[g];
    if (!group.needs.empty() || log_.rounds_finished(g) >= suite_.comparing.pairs_max) continue;
    double needed_s = -1;
    for (const ComparisonRow& row : rows) {
      const bool here = std::any_of(group.comparisons.begin(), group.comparisons.end(),
                                    [&](const Comparison& c) { return c.id == row.comparison_id; });
      if (!here || row.metric != metric_name(group.metrics.front())) continue;
      // A control is there for the others; where nothing else is asked it is the question.
      if (!row.control.empty() && asks_) continue;
      // Not one round of its first gave a ratio: more of them would not either.
      const bool hopeless = row.pairs == 0 && row.pairs_void >= suite_.comparing.pairs_min;
      if (row.verdict != "undecided" || hopeless) continue;
      needed_s = std::max(needed_s, row.seconds_more.value_or(0));
    }
    if (needed_s >= 0) open.emplace_back(needed_s, g);
  }
  std::stable_sort(open.begin(), open.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<std::size_t> groups;
  for (const auto& [needed_s, group] : open) groups.push_back(group);
  return groups;
}

bool RoundsCampaign::run_open_rounds() {
  for (std::vector<std::size_t> open = open_groups(); !open.empty(); open = open_groups()) {
    bool any_ran = false;
    for (const std::size_t group : open) {
      if (!budget_allows(group)) continue;
      if (!run_round(group)) return false;
      any_ran = true;
    }
    if (!any_ran) return true;
  }
  return true;
}

bool RoundsCampaign::budget_allows(std::size_t group) const {
  if (!suite_.comparing.budget_s) return true;
  const double next_s = log_.rounds_finished(group) > 0
                            ? log_.mean_round_s(group)
                            : round_expected_s(runner_, log_.groups()[group]);
  return log_.spent_s() + next_s <= *suite_.comparing.budget_s;
}

bool RoundsCampaign::run_capacities() {
  for (const PlannedTrial& trial : capacity_trials(suite_, log_.groups())) {
    if (!run_trial_once(trial)) return false;
  }
  return true;
}

bool RoundsCampaign::run_solo_trials() {
  for (const PlannedTrial& trial : solo_.trials) {
    if (runner_.why_skipped(trial.cell)) continue;
    if (!run_trial_once(trial)) return false;
  }
  return true;
}

// False: the run is over, the exit code says why.
bool RoundsCampaign::run_trial_once(const PlannedTrial& trial) {
  if (books_.journal().status_of(trial.trial_id)) return true;
  if (interrupted()) return false;
  tell(fmt::format("{} x{}, {} connections, alone", trial.cell.workload.name, trial.cell.pipeline,
                   trial.cell.connections),
       false);
  const PlannedTrial rated = with_rate(suite_, trial, books_.journal());
  const auto record = runner_.run({.planned = rated,
                                   .attempt = 1,
                                   .identity = books_.identity(),
                                   .interrupts = books_.interrupts()});
  if (!record) {
    books_.set_exit_code(kInterrupted);
    return false;
  }
  if (measures_capacity(trial) && record->trial.status == "failed") {
    // Not kept: the rates of the whole slice would hang on it for good.
    progress_.says(fmt::format("{}: {}; no rate without it: run the same command again",
                               trial.trial_id, record->trial.reasons));
    books_.set_exit_code(kWorkFailed);
    return false;
  }
  side_failed_ = side_failed_ || record->trial.status == "failed";
  return books_.keep({&*record, 1});
}

// One round of a group, again under another attempt when a kill left a part of it in the journal.
bool RoundsCampaign::run_round(std::size_t place) {
  if (interrupted()) return false;
  const Group& group = log_.groups()[place];
  const std::uint32_t round = log_.rounds_finished(place);
  std::vector<PlannedTrial> sides = round_trials(suite_, group, place, round);
  int attempt = 1;
  const auto begun = [&] {
    return std::any_of(sides.begin(), sides.end(), [&](const PlannedTrial& side) {
      return books_.journal().status_of(attempt_id(side, attempt)).has_value();
    });
  };
  while (begun()) ++attempt;
  for (PlannedTrial& side : sides) {
    side = with_rate(suite_, side, books_.journal());
    side.pair_id = pair_id(group, round, attempt);
  }
  tell(describe_group(group), false);
  const Nanos start_ns = monotonic_ns();
  auto records = runner_.run_round({.sides = sides,
                                    .design = group.design,
                                    .attempt = attempt,
                                    .identity = books_.identity(),
                                    .interrupts = books_.interrupts()});
  if (!records) {
    books_.set_exit_code(kInterrupted);
    return false;
  }
  const double round_s = static_cast<double>(monotonic_ns() - start_ns) * 1e-9;
  for (TrialRecord& record : *records) {
    record.trial.round_s = round_s;
    side_failed_ = side_failed_ || record.trial.status == "failed";
  }
  if (!books_.keep(*records)) return false;
  for (const TrialRecord& record : *records) log_.add(record);
  ++rounds_;
  books_.refresh_tables(progress_);
  return true;
}

}  // namespace

int run_rounds(const CampaignRequest& request, const Suite& suite, TrialRunner& runner,
               const RoundObserver& observer) {
  const auto progress = std::make_shared<RoundProgress>(talk_for_stderr(request.quiet));
  const RoundObserver told =
      observer ? observer : [progress](const RoundNews& news) { (*progress)(news); };
  return RoundsCampaign(request, suite, runner, selected_groups(request, suite, runner), told)
      .run();
}

}  // namespace etude::harness
