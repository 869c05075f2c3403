// Goal: an open loop's arrivals come at its rate, with the gaps of its kind.

#include "experiments/simulator/schedule.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "tests/simulator/models.h"

namespace etude::sim {
namespace {

std::vector<Nanos> arrivals_before(const Arrivals& arrivals, Nanos end_ns) {
  Rng rng(1);
  Schedule schedule(arrivals, rng);
  std::vector<Nanos> times;
  for (Nanos next_ns = schedule.next_ns(); next_ns < end_ns; next_ns = schedule.next_ns()) {
    EXPECT_GE(next_ns, times.empty() ? 0 : times.back());
    times.push_back(next_ns);
  }
  return times;
}

TEST(Schedule, FixedArrivalsAreEvenlySpaced) {
  const auto times =
      arrivals_before({.kind = Arrivals::Kind::fixed, .rate_rps = 3e5}, 10 * kMillisecond);
  ASSERT_EQ(times.size(), 2'999U);
  EXPECT_EQ(times[299], kMillisecond);
}

TEST(Schedule, PoissonArrivalsVaryAsMuchAsTheyAre) {
  const auto times =
      arrivals_before({.kind = Arrivals::Kind::poisson, .rate_rps = 1e6}, 100 * kMillisecond);
  EXPECT_NEAR(static_cast<double>(times.size()), 1e5, 4 * std::sqrt(1e5));
}

TEST(Schedule, BurstsKeepTheRateOnTheAverage) {
  Arrivals arrivals{.kind = Arrivals::Kind::on_off, .rate_rps = 1e6};
  arrivals.on = fixed_ns(100'000);
  arrivals.off = fixed_ns(300'000);
  const auto times = arrivals_before(arrivals, 400 * kMillisecond);
  EXPECT_NEAR(static_cast<double>(times.size()), 4e5, 4 * std::sqrt(4e5));
  for (const Nanos time_ns : times) ASSERT_LE(time_ns % 400'000, 100'000);
}

TEST(Schedule, ATraceIsRepeated) {
  Arrivals arrivals{.kind = Arrivals::Kind::trace};
  arrivals.trace = std::make_shared<const std::vector<Nanos>>(std::vector<Nanos>{5, 20, 20});
  arrivals.trace_period_ns = 100;
  EXPECT_EQ(arrivals_before(arrivals, 210), (std::vector<Nanos>{5, 20, 20, 105, 120, 120, 205}));
  Rng rng(1);
  EXPECT_EQ(Schedule(arrivals, rng).rate_rps(), 3e7);
}

}  // namespace
}  // namespace etude::sim
