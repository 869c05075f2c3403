#include "experiments/harness/round_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <set>

#include "core/failure.h"
#include "experiments/harness/capacity.h"
#include "experiments/harness/compared_sets.h"
#include "experiments/harness/progress.h"
#include "experiments/harness/rounds_campaign.h"
#include "experiments/harness/text_file.h"

namespace etude::harness {
namespace {

// What this machine lacks for a group; "": nothing.
std::string lacking(const Group& group, const TrialRunner& runner) {
  for (const GroupCell& cell : group.cells) {
    const auto reason = runner.why_skipped(cell.cell);
    if (!reason) continue;
    constexpr std::string_view kNeeds = "needs ";  // said before it wherever it is shown
    return reason->starts_with(kNeeds) ? reason->substr(kNeeds.size()) : *reason;
  }
  if (group.somaxconn == 0) return "";
  const std::string text = read_text_file("/proc/sys/net/core/somaxconn").value_or("0");
  const auto somaxconn = static_cast<std::uint32_t>(std::strtoul(text.c_str(), nullptr, 10));
  if (somaxconn >= group.somaxconn) return "";
  return fmt::format("sysctl net.core.somaxconn {} or more; it is {}", group.somaxconn, somaxconn);
}

std::set<std::string> set_baselines(const Suite& suite) {
  std::set<std::string> baselines;
  for (const PickedSet& set : picked_sets(suite)) {
    baselines.insert(cell_json(set.cells.front()).dump());
  }
  return baselines;
}

// The suite with the cells of one pick, those of the baseline, and those that the factor does not
// apply to.
void keep_picked(const std::string& key_value, Suite& suite) {
  const Pick pick = parse_pick(key_value);
  const Comparing& comparing = suite.comparing;
  const std::set<std::string> baselines = set_baselines(suite);
  const bool of_candidates = pick.factor->name == comparing.factor && baselines.empty();
  const std::string baseline = !comparing.baseline.empty() || suite.cells.empty()
                                   ? comparing.baseline
                                   : pick.factor->text(suite.cells.front());
  std::erase_if(suite.cells, [&](const Cell& cell) {
    const std::string text = pick.factor->text(cell);
    const bool is_baseline =
        (of_candidates && (text == baseline || cell.scheduler.name == baseline)) ||
        baselines.contains(cell_json(cell).dump());
    return !pick.fits(cell) && !text.empty() && !is_baseline && cell.subject.name != pick.value;
  });
  if (suite.cells.empty()) {
    throw Error(fmt::format("--only {}", key_value), "fits no comparison of this suite",
                "see them with --dry-run");
  }
}

}  // namespace

std::vector<Group> selected_groups(const CampaignRequest& request, const Suite& suite,
                                   const TrialRunner& runner) {
  refuse_empty_sets(suite);
  Suite picked = suite;
  for (const std::string& key_value : request.only) keep_picked(key_value, picked);
  std::vector<Group> groups = make_groups(picked);
  if (!request.shard.empty()) {
    const Shard shard = parse_shard(request.shard);
    std::vector<Group> kept;
    for (std::size_t i = shard.index - 1; i < groups.size(); i += shard.count) {
      kept.push_back(groups[i]);
    }
    groups = std::move(kept);
  }
  for (Group& group : groups) group.needs = lacking(group, runner);
  return groups;
}

std::vector<PlannedTrial> capacity_trials(const Suite& suite, const std::vector<Group>& groups) {
  Plan plan;
  for (const Group& group : groups) {
    if (!group.needs.empty()) continue;
    PlannedTrial trial{};
    trial.cell = group.cells.front().cell;
    plan.trials.push_back(trial);
  }
  put_capacities_first(suite, plan);
  std::erase_if(plan.trials, [](const PlannedTrial& trial) { return !measures_capacity(trial); });
  return plan.trials;
}

std::string describe_group(const Group& group) {
  const Cell& cell = group.cells.front().cell;
  std::string levels;
  for (const GroupCell& side : group.cells) {
    levels += fmt::format("{}{}", levels.empty() ? "" : ", ", side.level);
  }
  return fmt::format("{} x{}, {} connections{}, {}: {}", cell.workload.name, cell.pipeline,
                     cell.connections, cell.arrival == "closed" ? "" : ", open loop",
                     design_name(group.design), levels);
}

double round_expected_s(const TrialRunner& runner, const Group& group) {
  double sum_s = 0;
  double longest_s = 0;
  for (const GroupCell& side : group.cells) {
    const double side_s = runner.expected_s(side.cell);
    sum_s += side_s;
    longest_s = std::max(longest_s, side_s);
  }
  return group.design == Design::paired ? sum_s : longest_s;
}

void print_rounds_plan(const CampaignRequest& request, const Suite& suite,
                       const TrialRunner& runner) {
  const Comparing& comparing = suite.comparing;
  double least_s = 0;
  std::size_t comparisons = 0;
  const std::vector<Group> groups = selected_groups(request, suite, runner);
  fmt::print("{:<10} {:>7}  {}\n", "group", "a round", "what is compared");
  for (const Group& group : groups) {
    const double round_s = round_expected_s(runner, group);
    comparisons += group.comparisons.size();
    if (group.needs.empty()) least_s += round_s * comparing.pairs_min;
    fmt::print(
        "{:<10} {:>5.1f} s  {} ({}){}\n", group.id, round_s, describe_group(group),
        group.design_reason,
        group.needs.empty() ? "" : fmt::format("  cannot be asked here: needs {}", group.needs));
  }
  const std::size_t solo = solo_plan(suite, groups).trials.size();
  fmt::print(
      "{}: {} comparisons in {} groups, {} to {} rounds each, {} solo trials; at least {}{}\n",
      run_id_of(suite), comparisons, groups.size(), comparing.pairs_min, comparing.pairs_max, solo,
      duration_text(least_s),
      comparing.budget_s
          ? fmt::format(", at most {} for the rounds", duration_text(*comparing.budget_s))
          : "");
}

}  // namespace etude::harness
