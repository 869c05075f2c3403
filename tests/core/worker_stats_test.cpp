// Goal: every counter of a worker is in the list once, is read from where it is counted, and is
// subtracted when it counts. Method: each counter gets a value of its own by way of the list.

#include "core/worker_stats.h"

#include <gtest/gtest.h>

#include <set>
#include <string_view>
#include <variant>

namespace etude {
namespace {

TEST(WorkerStats, EachRowHasANameAUnitAndAMeaningOfItsOwn) {
  std::set<std::string_view> names;
  for (const WorkerStat& stat : kWorkerStats) {
    EXPECT_TRUE(names.insert(stat.name).second) << stat.name << " stands there twice";
    EXPECT_FALSE(stat.unit.empty()) << stat.name;
    EXPECT_FALSE(stat.meaning.empty()) << stat.name;
    EXPECT_EQ(stat.unit == "ns", stat.name.ends_with("_ns")) << stat.name;
  }
}

// A counter without a row would be seen by nobody; accept_errors and refused are told of the
// server as a whole.
TEST(WorkerStats, EachCounterHasARow) {
  std::size_t of_scheduler = 0;
  std::size_t of_loop = 0;
  std::size_t of_parking = 0;
  for (const WorkerStat& stat : kWorkerStats) {
    of_scheduler += std::holds_alternative<OwnerCounter SchedulerCounters::*>(stat.counted_in);
    of_loop += std::holds_alternative<OwnerCounter LoopCounters::*>(stat.counted_in);
    of_parking += std::holds_alternative<OwnerCounter ParkingCounters::*>(stat.counted_in);
  }
  // SchedulerCounters fills whole cache lines: its size says only how many fit.
  EXPECT_LE(of_scheduler * sizeof(OwnerCounter), sizeof(SchedulerCounters));
  EXPECT_EQ((of_loop + 2) * sizeof(OwnerCounter), sizeof(LoopCounters));
  EXPECT_EQ(of_parking * sizeof(OwnerCounter), sizeof(ParkingCounters));
}

template <typename Counters>
void expect_each_is_read() {
  for (const WorkerStat& stat : kWorkerStats) {
    const auto* const member = std::get_if<OwnerCounter Counters::*>(&stat.counted_in);
    if (member == nullptr) continue;
    Counters counters;
    (counters.**member).add(5);
    WorkerStats stats;
    stats.read(counters);
    for (std::size_t at = 0; at < kWorkerStatCount; ++at) {
      EXPECT_EQ(stats.values[at], kWorkerStats[at].name == stat.name ? 5U : 0U)
          << kWorkerStats[at].name << ", where " << stat.name << " was counted";
    }
  }
}

TEST(WorkerStats, EachIsReadFromItsOwnCounter) {
  expect_each_is_read<SchedulerCounters>();
  expect_each_is_read<LoopCounters>();
  expect_each_is_read<ParkingCounters>();
}

TEST(WorkerStats, WhatCountsIsSubtractedAndGaugesStay) {
  WorkerStats before;
  WorkerStats after;
  before.values.fill(3);
  after.values.fill(10);
  after.subtract(before);
  EXPECT_EQ(after["steal_lost"], 7U);
  EXPECT_EQ(after["parks"], 7U);
  EXPECT_EQ(after["depth"], 10U);
  EXPECT_EQ(after["connections"], 10U);
}

}  // namespace
}  // namespace etude
