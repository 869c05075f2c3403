#include "experiments/harness/group.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "core/failure.h"
#include "tests/harness/suites.h"

namespace etude::harness {
namespace {

// round and square at 256 connections, beside the bare server, round twice.
Json by_rounds() {
  Json document = small_suite();
  document.erase("blocks");
  document["design"] = "duet";
  document["aa"] = true;
  document["factors"]["subject"] = Json::parse(R"(["etude", "ceiling"])");
  document["factors"]["connections"] = 256;
  document["factors"]["workload"] = "plaintext";
  return document;
}

std::vector<Group> groups_of(const Json& document) { return make_groups(parse_small(document)); }

std::vector<std::string> levels_of(const Group& group) {
  std::vector<std::string> levels;
  for (const GroupCell& cell : group.cells) levels.push_back(cell.level + cell.cell.label);
  return levels;
}

using Levels = std::vector<std::string>;

TEST(Group, OfADuetHoldsTheBaselineAndOneCandidate) {
  const std::vector<Group> groups = groups_of(by_rounds());
  ASSERT_EQ(groups.size(), 3U);
  EXPECT_EQ(levels_of(groups[0]), (Levels{"roundA", "roundB"}));
  EXPECT_EQ(levels_of(groups[1]), (Levels{"roundA", "square:side=4"}));
  EXPECT_EQ(levels_of(groups[2]), (Levels{"roundA", "ceiling"}));
  EXPECT_EQ(groups[0].comparisons.at(0).control, Control::aa);
  EXPECT_EQ(groups[1].comparisons.at(0).control, Control::none);
  EXPECT_EQ(groups[2].comparisons.at(0).control, Control::bare);
}

TEST(Group, HoldsAsManySidesAsTheSuiteAllowsAtOnce) {
  Json document = by_rounds();
  document["compare"]["together"] = 4;
  const std::vector<Group> groups = groups_of(document);
  ASSERT_EQ(groups.size(), 1U);
  EXPECT_EQ(levels_of(groups[0]), (Levels{"roundA", "roundB", "square:side=4", "ceiling"}));
  EXPECT_EQ(groups[0].comparisons.size(), 3U);
}

TEST(Group, TakesTheBaselineThatTheSuiteNames) {
  Json document = by_rounds();
  document["compare"]["baseline"] = "square";
  document["aa"] = "square:side=4";
  const std::vector<Group> groups = groups_of(document);
  EXPECT_EQ(levels_of(groups[0]), (Levels{"square:side=4A", "square:side=4B"}));
  EXPECT_EQ(levels_of(groups[1]), (Levels{"square:side=4A", "round"}));
}

TEST(Group, RefusesABaselineThatIsNoLevel) {
  Json document = by_rounds();
  document["compare"]["baseline"] = "sqare";
  try {
    groups_of(document);
    FAIL() << "no refusal";
  } catch (const Error& refusal) {
    EXPECT_NE(std::string(refusal.what()).find("\"sqare\" is no level of scheduler"),
              std::string::npos)
        << refusal.what();
  }
}

TEST(Group, RefusesAnAaPairOfAnotherThanTheBaseline) {
  Json document = by_rounds();
  document["aa"] = "square:side=4";
  EXPECT_THROW(groups_of(document), Error);
}

TEST(Group, RefusesASuiteInWhichNothingDiffersInTheComparedFactorAlone) {
  Json document = by_rounds();
  document.erase("aa");
  document["factors"]["subject"] = "etude";
  document["factors"]["scheduler"] = "round";
  EXPECT_THROW(groups_of(document), Error);
}

TEST(Group, ComparesAnyFactor) {
  Json document = by_rounds();
  document.erase("aa");
  document["compare"]["factor"] = "acceptor";
  document["factors"]["subject"] = "etude";
  document["factors"]["acceptor"] = Json::parse(R"(["reuseport", "shared"])");
  const std::vector<Group> groups = groups_of(document);
  ASSERT_EQ(groups.size(), 2U) << "one for each scheduler";
  EXPECT_EQ(levels_of(groups[0]), (Levels{"reuseport", "shared"}));
}

TEST(Group, ComparesServersBySubject) {
  Json document = by_rounds();
  document.erase("aa");
  document["factors"]["scheduler"] = "round";
  document["compare"] = Json::parse(R"({"factor": "subject", "baseline": "ceiling"})");
  const std::vector<Group> groups = groups_of(document);
  ASSERT_EQ(groups.size(), 1U);
  EXPECT_EQ(levels_of(groups[0]), (Levels{"ceiling", "etude"}));
  EXPECT_EQ(groups[0].comparisons.at(0).control, Control::none);
}

// Where a second server on the same cores would change what is measured.
TEST(Group, PicksTheDesignByTheKindOfCell) {
  Json document = by_rounds();
  document["design"] = "auto";
  EXPECT_EQ(groups_of(document).front().design, Design::duet);
  document["factors"]["cores"] = 2;
  EXPECT_EQ(groups_of(document).front().design, Design::paired);
  document["factors"]["cores"] = 1;
  document["factors"]["arrival"] = "poisson";
  document["factors"]["rate_rps"] = 1'000;
  const Group open = groups_of(document).front();
  EXPECT_EQ(open.design, Design::paired);
  EXPECT_EQ(open.metrics.front(), Metric::p99);
  EXPECT_NE(open.design_reason.find("open loop"), std::string::npos) << open.design_reason;
}

TEST(Group, JudgesNoThroughputInADuet) {
  Json document = by_rounds();
  document["compare"]["metrics"] = Json::parse(R"(["throughput", "cpu"])");
  EXPECT_EQ(groups_of(document).front().metrics, std::vector<Metric>{Metric::cpu});
  document["design"] = "paired";
  EXPECT_EQ(groups_of(document).front().metrics,
            (std::vector<Metric>{Metric::throughput, Metric::cpu}));
}

// Over two rounds each side comes as often before the other as behind it; over four a linear drift
// cancels, too.
TEST(Group, PairsInAnOrderThatCancelsDrift) {
  Json document = by_rounds();
  document["design"] = "paired";
  const Suite suite = parse_small(document);
  const Group group = make_groups(suite).front();
  for (std::uint32_t round = 0; round < 16; round += 2) {
    std::vector<std::string> first;
    std::vector<std::string> second;
    for (const auto& side : round_trials(suite, group, 0, round)) first.push_back(side.cell_id);
    for (const auto& side : round_trials(suite, group, 0, round + 1)) {
      second.push_back(side.cell_id);
    }
    std::reverse(second.begin(), second.end());
    EXPECT_EQ(first, second) << "rounds " << round << " and " << round + 1;
  }
}

TEST(Group, GivesEveryTrialOfEveryRoundAnIdOfItsOwn) {
  const Suite suite = parse_small(by_rounds());
  const std::vector<Group> groups = make_groups(suite);
  std::set<std::string> ids;
  std::size_t count = 0;
  for (std::size_t g = 0; g < groups.size(); ++g) {
    for (std::uint32_t round = 0; round < 3; ++round) {
      for (const PlannedTrial& side : round_trials(suite, groups[g], g, round)) {
        ids.insert(side.trial_id);
        ++count;
      }
    }
  }
  EXPECT_EQ(ids.size(), count);
}

// Same arrivals and draws for all sides of a round, others in the next.
TEST(Group, SharesItsSeedWithinARound) {
  const Suite suite = parse_small(by_rounds());
  const Group group = make_groups(suite).front();
  const auto first = round_trials(suite, group, 0, 0);
  EXPECT_EQ(first[0].seed, first[1].seed);
  EXPECT_NE(first[0].seed, round_trials(suite, group, 0, 1)[0].seed);
}

TEST(Group, MeasuresTheChosenCellsSoloAsWell) {
  Json document = by_rounds();
  document["factors"]["connections"] = Json::parse("[256, 1024]");
  document["solo"] = Json::parse(R"({"blocks": 4, "only": ["connections=1024"]})");
  const Suite suite = parse_small(document);
  const Plan plan = solo_plan(suite, make_groups(suite));
  ASSERT_EQ(plan.trials.size(), 4U * 4U)
      << "two schedulers, one of them twice, and the bare server";
  for (const PlannedTrial& trial : plan.trials) {
    EXPECT_EQ(trial.cell.connections, 1'024U);
    EXPECT_EQ(trial.design, Design::solo);
    EXPECT_TRUE(trial.pair_id.empty());
  }
}

}  // namespace
}  // namespace etude::harness
