// Goal: Little's law is applied as it stands, to each meaning of latency.
// Method: rows whose answer can be worked out by hand.

#include "experiments/lint/little.h"

#include <gtest/gtest.h>

namespace etude::lint {
namespace {

// 100 connections at 10,000 requests per second: with all of them busy, 10 ms each.
PublishedRow full() {
  return {.line = 2,
          .series = {},
          .connections = 100,
          .pipeline = 1,
          .throughput_rps = 10'000,
          .latency_ms = 10,
          .requests_in_flight = {}};
}

TEST(Little, ARowWithEveryConnectionBusyIsPossibleAndNothingMore) {
  const RowCheck check = check_row(full());
  EXPECT_DOUBLE_EQ(check.in_flight, 100);
  EXPECT_DOUBLE_EQ(check.in_flight_max, 100);
  EXPECT_TRUE(check.request.possible);
  EXPECT_TRUE(check.batch.possible);
  EXPECT_DOUBLE_EQ(check.batch.busy_least, 100);
}

TEST(Little, RoundingIsGrantedAndNoMore) {
  PublishedRow row = full();
  row.latency_ms = 10.19;
  EXPECT_TRUE(check_row(row).batch.possible);
  row.latency_ms = 10.21;
  EXPECT_FALSE(check_row(row).batch.possible);
  EXPECT_EQ(check_row(row).request.why_not, "102 connections must have been busy, of 100");
}

TEST(Little, ABatchSharesItsConnection) {
  PublishedRow row = full();
  row.pipeline = 4;  // 2,500 batches per second of 10 ms: 25 connections
  EXPECT_DOUBLE_EQ(check_row(row).batch.busy_least, 25);
  EXPECT_DOUBLE_EQ(check_row(row).in_flight_max, 400);
}

TEST(Little, AMedianIsBoundByTwiceTheMean) {
  PublishedRow row = full();
  row.latency_ms = 20;
  EXPECT_FALSE(check_row(row).request.possible);
  EXPECT_TRUE(check_row(row).median.possible);
  row.latency_ms = 21;
  EXPECT_FALSE(check_row(row).median.possible);
}

TEST(Little, WhatWrkPrintsNeedsUnevenBatches) {
  PublishedRow row = full();
  row.pipeline = 16;    // N / X = 10 ms; with every connection busy a batch takes 160 ms
  row.latency_ms = 90;  // what wrk prints of even batches of 160 ms
  EXPECT_DOUBLE_EQ(check_row(row).wrk_printed_cv_least, 0);
  row.latency_ms = 170;  // 2 (170 - 10) / 160 - 1 = 1
  EXPECT_DOUBLE_EQ(check_row(row).wrk_printed_cv_least, 1);
}

TEST(Little, MeasuredRequestsInFlightMustAgree) {
  PublishedRow row = full();
  row.pipeline = 4;
  row.requests_in_flight = 100;  // 25 busy connections with whole batches
  EXPECT_TRUE(check_row(row).request.possible);
  EXPECT_TRUE(check_row(row).batch.possible);
  row.requests_in_flight = 60;  // batches half answered: no latency of a single request
  EXPECT_FALSE(check_row(row).request.possible);
  EXPECT_TRUE(check_row(row).batch.possible);
  row.requests_in_flight = 20;  // fewer than the busy connections
  EXPECT_FALSE(check_row(row).batch.possible);
  row.requests_in_flight = 500;  // more than the connections hold
  EXPECT_FALSE(check_row(row).request.possible);
  EXPECT_FALSE(check_row(row).median.possible);
}

TEST(Little, GrowthStartsFromTheFewestConnectionsOfTheSeries) {
  PublishedRow few = full();
  PublishedRow many = full();
  many.connections = 400;
  many.throughput_rps = 8'000;
  many.latency_ms = 40;
  PublishedRow other = many;
  other.series = "other";
  const std::vector<Growth> growths = growth_of({many, few, other});
  ASSERT_EQ(growths.size(), 1U) << "one row has another to be compared with";
  EXPECT_EQ(growths[0].from, 1U);
  EXPECT_EQ(growths[0].to, 0U);
  EXPECT_DOUBLE_EQ(growths[0].population, 4);
  EXPECT_DOUBLE_EQ(growths[0].throughput, 1.25);
  EXPECT_DOUBLE_EQ(growths[0].latency, 4);
  EXPECT_DOUBLE_EQ(growths[0].busy_share, 0.8);
}

}  // namespace
}  // namespace etude::lint
