#include "experiments/harness/plan.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "experiments/harness/capacity.h"
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

Suite suite_at_shares() {
  Json document = small_suite();
  document["factors"]["arrival"] = "poisson";
  document["factors"]["rate_share"] = {0.3, 0.8};
  document["factors"]["acceptor"] = {"shared", "reuseport"};
  document["aa"] = true;
  return parse_small(document);
}

// One load for all that is compared: 2 workloads x 2 connections, whatever else varies.
TEST(Capacity, IsMeasuredOncePerSliceByItsFirstSchedulerBeforeTheFirstBlock) {
  const Suite suite = suite_at_shares();
  Plan plan = make_plan(suite);
  const std::size_t planned = plan.trials.size();
  put_capacities_first(suite, plan);
  ASSERT_EQ(plan.trials.size(), planned + 4);
  std::set<std::string> ids;
  std::set<std::uint32_t> orders;
  for (std::size_t nth = 0; nth < plan.trials.size(); ++nth) {
    const PlannedTrial& trial = plan.trials[nth];
    EXPECT_EQ(measures_capacity(trial), nth < 4) << nth;
    if (nth >= 4) continue;
    ids.insert(trial.trial_id);
    EXPECT_EQ(trial.cell.scheduler.name, "round");
    EXPECT_EQ(trial.cell.arrival, "closed");
    EXPECT_FALSE(trial.cell.rate_share);
    EXPECT_GE(trial.order, suite.cells.size()) << "another trial's place in the tables";
    orders.insert(trial.order);
  }
  EXPECT_EQ(ids.size(), 4U);
  EXPECT_EQ(orders.size(), 4U);
}

TEST(Capacity, OnlyWhatThePlanNeedsIsMeasuredAndKeepsItsPlace) {
  const Suite suite = suite_at_shares();
  Plan all = make_plan(suite);
  Plan some = all;
  keep_only(some, "connections=1024");
  put_capacities_first(suite, all);
  put_capacities_first(suite, some);
  std::map<std::string, std::uint32_t> places;
  for (const PlannedTrial& trial : all.trials) places[trial.trial_id] = trial.order;
  std::size_t measured = 0;
  for (const PlannedTrial& trial : some.trials) {
    measured += measures_capacity(trial) ? 1U : 0U;
    EXPECT_EQ(trial.order, places.at(trial.trial_id));
  }
  EXPECT_EQ(measured, 2U);
}

TEST(Capacity, OfAWorkloadThatStatesItNeedsNoTrial) {
  Json document = suite_at_shares().as_run;
  document["workloads"]["json"]["capacity_rps"] = 50'000;
  const Suite suite = parse_small(document);
  Plan plan = make_plan(suite);
  put_capacities_first(suite, plan);
  std::size_t measured = 0;
  const Journal journal = Journal::open(testing::TempDir() + "/etude_capacity_journal.jsonl");
  for (const PlannedTrial& trial : plan.trials) {
    measured += measures_capacity(trial) ? 1U : 0U;
    const PlannedTrial rated = with_rate(suite, trial, journal);
    if (trial.cell.workload.name == "json") {
      EXPECT_EQ(rated.cell.rate_rps, *trial.cell.rate_share * 50'000);
    } else {
      EXPECT_FALSE(rated.cell.rate_rps) << "nothing was measured";
    }
  }
  EXPECT_EQ(measured, 2U);
}

// An iso-load sweep: the number of connections varies, the load does not.
TEST(Capacity, MeasuredAtOneNumberOfConnectionsIsThatOfAllCells) {
  Json document = suite_at_shares().as_run;
  document["workloads"]["json"]["capacity_connections"] = 1'024;
  const Suite suite = parse_small(document);
  Plan plan = make_plan(suite);
  put_capacities_first(suite, plan);
  std::multiset<std::pair<std::string, std::uint32_t>> measured;
  for (const PlannedTrial& trial : plan.trials) {
    if (measures_capacity(trial)) {
      measured.emplace(trial.cell.workload.name, trial.cell.connections);
    }
  }
  EXPECT_EQ(measured, (std::multiset<std::pair<std::string, std::uint32_t>>{
                          {"json", 1'024}, {"plaintext", 256}, {"plaintext", 1'024}}));
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
  cell.connections = 400;
  cell.workload.beside = Beside{.path = "/", .connections = 200};
  EXPECT_NE(why_not(cell, machine).value_or("").find("600 client ports"), std::string::npos);
  cell.workload.beside.reset();
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

TEST(Plan, AClientInRealTimeIsAnotherCell) {
  Json document = small_suite();
  const Suite ordinary = parse_small(document);
  EXPECT_FALSE(ordinary.client_realtime);
  document["client_realtime"] = true;
  const Suite first = parse_small(document);
  EXPECT_TRUE(first.client_realtime);
  EXPECT_NE(make_plan(first).trials[0].cell_id, make_plan(ordinary).trials[0].cell_id);
}

}  // namespace
}  // namespace etude::harness
