#include "experiments/load/capacity_search.h"

#include <gtest/gtest.h>

#include <vector>

namespace etude::load {
namespace {

// Runs a search against a server that keeps its promise up to `capacity_rps`; returns the rates.
std::vector<double> rates_tried(CapacitySearch& search, double capacity_rps) {
  std::vector<double> rates;
  while (const auto rate_rps = search.next_rate_rps()) {
    rates.push_back(*rate_rps);
    if (rates.size() > 100) break;
    search.saw(*rate_rps <= capacity_rps);
  }
  return rates;
}

TEST(CapacitySearch, EndsWithinItsResolutionBelowTheCapacity) {
  for (const double capacity_rps : {1'000.0, 4'321.0, 77'777.0, 99'000.0}) {
    CapacitySearch search(100'000, 0.02);
    EXPECT_LE(rates_tried(search, capacity_rps).size(), 6U) << "2 % is 1 of 50";
    EXPECT_LE(search.highest_kept_rps(), capacity_rps);
    EXPECT_GE(search.highest_kept_rps(), capacity_rps - 2'000);
  }
}

TEST(CapacitySearch, SaysNoneWhenEveryRateBrokeThePromise) {
  CapacitySearch search(100'000, 0.05);
  EXPECT_FALSE(rates_tried(search, 0).empty());
  EXPECT_EQ(search.highest_kept_rps(), 0);
}

TEST(CapacitySearch, NeverTriesARateBelowOneOrTheSameTwice) {
  CapacitySearch search(7, 0.01);
  std::vector<double> rates = rates_tried(search, 1);
  ASSERT_FALSE(rates.empty());
  for (std::size_t nth = 1; nth < rates.size(); ++nth) EXPECT_NE(rates[nth], rates[nth - 1]);
  EXPECT_EQ(search.highest_kept_rps(), 1);
}

}  // namespace
}  // namespace etude::load
