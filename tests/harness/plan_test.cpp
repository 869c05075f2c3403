#include "experiments/harness/plan.h"

#include <gtest/gtest.h>

#include <set>

#include "experiments/harness/machine.h"
#include "tests/harness/suites.h"

namespace etude::harness {
namespace {

Plan plan_with_seed(std::uint32_t seed) {
  Json document = small_suite();
  document["seed"] = seed;
  return make_plan(parse_small(document));
}

std::vector<std::string> ids_of(const Plan& plan) {
  std::vector<std::string> ids;
  for (const PlannedTrial& trial : plan.trials) ids.push_back(trial.trial_id);
  return ids;
}

TEST(Plan, IsTheSameForTheSameSeedAndAnotherForAnother) {
  EXPECT_EQ(ids_of(plan_with_seed(5)), ids_of(plan_with_seed(5)));
  EXPECT_NE(ids_of(plan_with_seed(5)), ids_of(plan_with_seed(6)));
  EXPECT_NE(plan_with_seed(5).run_id, plan_with_seed(6).run_id);
}

TEST(Plan, RunsEveryCellOnceInEachBlock) {
  const Plan plan = plan_with_seed(1);
  ASSERT_EQ(plan.trials.size(), 3U * 8U);
  std::vector<std::set<std::string>> cells_by_block(3);
  for (const PlannedTrial& trial : plan.trials) cells_by_block[trial.block].insert(trial.cell_id);
  for (const auto& cells : cells_by_block) EXPECT_EQ(cells.size(), 8U);
}

TEST(Plan, GivesEachBlockAnOrderOfItsOwn) {
  const Plan plan = plan_with_seed(1);
  std::set<std::string> orders;
  for (std::size_t block = 0; block < 3; ++block) {
    std::string order;
    for (std::size_t i = 0; i < 8; ++i) order += plan.trials[block * 8 + i].cell_id + ' ';
    orders.insert(order);
  }
  EXPECT_EQ(orders.size(), 3U);
}

TEST(Plan, GivesEveryTrialAnIdOfItsOwn) {
  const std::vector<std::string> ids = ids_of(plan_with_seed(1));
  EXPECT_EQ(std::set<std::string>(ids.begin(), ids.end()).size(), ids.size());
}

TEST(Plan, AddingBlocksKeepsTheEarlierOnes) {
  Json document = small_suite();
  document["blocks"] = 5;
  std::vector<std::string> longer = ids_of(make_plan(parse_small(document)));
  longer.resize(3 * 8);
  EXPECT_EQ(longer, ids_of(plan_with_seed(1)));
}

TEST(Plan, ShardsShareItOutWithoutGapOrOverlap) {
  const std::vector<std::string> all = ids_of(plan_with_seed(1));
  std::multiset<std::string> joined;
  for (std::uint32_t index = 1; index <= 5; ++index) {
    Plan shard = plan_with_seed(1);
    keep_shard(shard, {.index = index, .count = 5});
    for (const std::string& id : ids_of(shard)) joined.insert(id);
  }
  EXPECT_EQ(joined, std::multiset<std::string>(all.begin(), all.end()));
}

TEST(Plan, RefusesAShardThatDoesNotExist) {
  for (const char* text : {"0/4", "5/4", "1", "1/", "/4", "a/b", "1/0", "1/4x", "-1/4"}) {
    EXPECT_THROW(parse_shard(text), Error) << text;
  }
  EXPECT_EQ(parse_shard("4/4").index, 4U);
}

TEST(Plan, OnlyKeepsTheCellsThatFit) {
  Plan plan = plan_with_seed(1);
  keep_only(plan, "connections=256");
  EXPECT_EQ(plan.trials.size(), 12U);
  keep_only(plan, "scheduler=square");
  EXPECT_EQ(plan.trials.size(), 6U);
  keep_only(plan, "scheduler=square:side=4");
  EXPECT_EQ(plan.trials.size(), 6U);
  EXPECT_THROW(keep_only(plan, "connections=1024"), Error) << "fits nothing that is left";
  EXPECT_THROW(keep_only(plan, "connection=256"), Error);
  EXPECT_THROW(keep_only(plan, "connections"), Error);
}

// What this machine cannot hold is said, not shrunk.
TEST(Machine, SaysWhatACellNeedsBeyondIt) {
  const Machine machine{.cores = {0, 1}, .fds_max = 1'000, .client_ports = 500};
  Cell cell;
  cell.connections = 400;
  EXPECT_FALSE(why_not(cell, machine));
  cell.connections = 600;
  EXPECT_NE(why_not(cell, machine).value_or("").find("600 client ports"), std::string::npos);
  cell.connections = 900;
  EXPECT_NE(why_not(cell, machine).value_or("").find("open files"), std::string::npos);
  cell.connections = 1;
  cell.cores = 2;
  EXPECT_NE(why_not(cell, machine).value_or("").find("cores"), std::string::npos);
  cell.placement.kind = PlacementKind::shared;
  EXPECT_FALSE(why_not(cell, machine));
}

TEST(Machine, PlacesServerAndClientApartAndSwapsThem) {
  const Machine machine{.cores = {2, 5, 7}, .fds_max = 1'000, .client_ports = 500};
  Cell cell;
  using Cores = std::vector<std::uint32_t>;
  EXPECT_EQ(place(cell, machine)->server, (Cores{2}));
  EXPECT_EQ(place(cell, machine)->client, (Cores{5, 7}));
  cell.placement.kind = PlacementKind::swapped;
  EXPECT_EQ(place(cell, machine)->server, (Cores{7}));
  EXPECT_EQ(place(cell, machine)->client, (Cores{2, 5}));
  cell.placement.kind = PlacementKind::shared;
  EXPECT_EQ(place(cell, machine)->server, place(cell, machine)->client);
  cell.placement = {.kind = PlacementKind::listed, .server_cores = {5}, .client_cores = {6}};
  EXPECT_FALSE(place(cell, machine)) << "core 6 is not there";
}

}  // namespace
}  // namespace etude::harness
