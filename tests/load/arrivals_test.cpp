#include "experiments/load/arrivals.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace etude::load {
namespace {

std::vector<Nanos> take(Arrivals arrivals, std::size_t count) {
  std::vector<Nanos> times;
  for (; times.size() < count; arrivals.pop()) times.push_back(arrivals.peek_ns());
  return times;
}

TEST(Arrivals, FixedOnesStayOnTheirGridHoweverLongItRuns) {
  const std::vector<Nanos> times = take({Arrival::fixed, 3'000.0, 1, {}}, 3'000'000);
  EXPECT_NEAR(static_cast<double>(times[0]), 1e9 / 3'000, 1);
  EXPECT_NEAR(static_cast<double>(times.back()), 1'000e9, 2);
}

TEST(Arrivals, SharesOfTheThreadsMakeUpTheOneSchedule) {
  for (const Arrival kind : {Arrival::fixed, Arrival::poisson}) {
    const std::vector<Nanos> whole = take({kind, 5'000.0, 7, {}}, 3'000);
    std::vector<Nanos> dealt;
    for (std::uint32_t thread = 0; thread < 3; ++thread) {
      const auto share = take({kind, 5'000.0, 7, {.thread = thread, .threads = 3}}, 1'000);
      dealt.insert(dealt.end(), share.begin(), share.end());
    }
    std::sort(dealt.begin(), dealt.end());
    EXPECT_EQ(dealt, whole);
  }
}

// Goal: gaps are exponential, and do not depend on their predecessor. Method: the distance of
// Kolmogorov and Smirnov at the 1 % level, and the correlation of neighbours, for fixed seeds.
TEST(Arrivals, PoissonGapsFitTheExponentialDistribution) {
  constexpr std::size_t kCount = 20'000;
  constexpr double kRate = 1'000;
  for (const std::uint64_t seed : {1U, 2U, 3U, 4U, 5U}) {
    const std::vector<Nanos> times = take({Arrival::poisson, kRate, seed, {}}, kCount);
    std::vector<double> shares;  // of the exponential distribution below each gap: uniform
    Nanos previous = 0;
    for (const Nanos time : times) {
      shares.push_back(1 - std::exp(-static_cast<double>(time - previous) * kRate / 1e9));
      previous = time;
    }
    double products = 0;
    for (std::size_t i = 1; i < kCount; ++i) products += (shares[i] - 0.5) * (shares[i - 1] - 0.5);
    EXPECT_LT(std::abs(products * 12 / kCount), 2.6 / std::sqrt(kCount)) << "seed " << seed;

    std::sort(shares.begin(), shares.end());
    double distance = 0;
    for (std::size_t i = 0; i < kCount; ++i) {
      distance = std::max(distance, std::abs(shares[i] - static_cast<double>(i) / kCount));
      distance = std::max(distance, std::abs(shares[i] - static_cast<double>(i + 1) / kCount));
    }
    EXPECT_LT(distance, 1.63 / std::sqrt(kCount)) << "seed " << seed;
  }
}

}  // namespace
}  // namespace etude::load
