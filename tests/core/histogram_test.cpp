#include "core/histogram.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "core/random.h"

namespace etude {
namespace {

// Goal: a quantile is within the promised relative error of the one found by sorting.
TEST(Histogram, QuantilesAgreeWithSortingWithinATenthOfAPercent) {
  Rng rng(7);
  Histogram histogram;
  std::vector<Nanos> samples;
  for (int i = 0; i < 100'000; ++i) {
    samples.push_back(static_cast<Nanos>(rng.exponential(250'000.0)));
    histogram.record(samples.back());
  }
  std::sort(samples.begin(), samples.end());

  for (const double share : {0.001, 0.1, 0.5, 0.9, 0.99, 0.999, 0.9999, 1.0}) {
    const auto rank = static_cast<std::size_t>(std::ceil(share * 100'000.0));
    const auto exact = static_cast<double>(samples[rank - 1]);
    EXPECT_NEAR(static_cast<double>(histogram.quantile_ns(share)), exact, exact * 0.001 + 1.0)
        << "at share " << share;
  }
}

TEST(Histogram, KeepsCountMeanAndMaximumExactly) {
  Histogram histogram;
  histogram.record(1'000);
  histogram.record(3'000, 3);

  EXPECT_EQ(histogram.count(), 4U);
  EXPECT_DOUBLE_EQ(histogram.mean_ns(), 2'500.0);
  EXPECT_EQ(histogram.max_ns(), 3'000);
}

TEST(Histogram, MergingEqualsRecordingEverythingInOne) {
  Rng rng(3);
  Histogram first;
  Histogram second;
  Histogram all;
  for (int i = 0; i < 10'000; ++i) {
    const auto value = static_cast<Nanos>(rng.next() >> (28U + rng.below(30)));
    (i % 3 == 0 ? first : second).record(value);
    all.record(value);
  }
  first.merge(second);

  EXPECT_EQ(first.count(), all.count());
  EXPECT_EQ(first.max_ns(), all.max_ns());
  for (const double share : {0.01, 0.5, 0.99}) {
    EXPECT_EQ(first.quantile_ns(share), all.quantile_ns(share)) << "at share " << share;
  }
}

TEST(Histogram, BucketsTouchWithoutGapOrOverlap) {
  Histogram histogram(5);
  for (Nanos value = 0; value < 100'000; ++value) histogram.record(value);
  Nanos expected_lower = 0;
  histogram.for_each([&](Nanos lower_ns, Nanos upper_ns, std::uint64_t count) {
    EXPECT_EQ(lower_ns, expected_lower);
    if (upper_ns < 99'999) {
      EXPECT_EQ(count, static_cast<std::uint64_t>(upper_ns - lower_ns + 1));
    }
    expected_lower = upper_ns + 1;
  });
  EXPECT_GE(expected_lower, 100'000);
}

TEST(Histogram, ResolvesAnHour) {
  Histogram histogram;
  for (const Nanos value : {90 * kSecond, 120 * kSecond, 3'600 * kSecond}) {
    histogram.reset();
    histogram.record(value, 2);
    histogram.record(2 * value);
    const auto exact = static_cast<double>(value);
    EXPECT_NEAR(static_cast<double>(histogram.quantile_ns(0.5)), exact, exact * 0.001);
  }
}

TEST(Histogram, CountsValuesBeyondItsRangeAndCapsNoQuantile) {
  constexpr Nanos kBeyond = 100'000 * kSecond;
  Histogram histogram;
  histogram.record(kSecond);
  histogram.record(kBeyond, 99);
  EXPECT_EQ(histogram.count(), 100U);
  EXPECT_EQ(histogram.max_ns(), kBeyond);
  EXPECT_EQ(histogram.quantile_ns(0.5), kBeyond) << "never less than what was measured";
  Nanos last_upper_ns = 0;
  histogram.for_each([&](Nanos, Nanos upper_ns, std::uint64_t) { last_upper_ns = upper_ns; });
  EXPECT_EQ(last_upper_ns, kBeyond) << "the last bucket reaches to its largest sample";
}

TEST(Histogram, KeepsTheMeanOfSumsAbove64Bits) {
  constexpr Nanos kHour = 3'600 * kSecond;
  constexpr std::uint64_t kCount = 10'000'000;  // 1.1 thousand years of waiting
  Histogram at_once;
  at_once.record(kHour, kCount);
  EXPECT_DOUBLE_EQ(at_once.mean_ns(), static_cast<double>(kHour));

  Histogram one_by_one;
  for (std::uint64_t i = 0; i < 10'000; ++i) one_by_one.record(kHour, kCount / 10'000);
  EXPECT_DOUBLE_EQ(one_by_one.mean_ns(), static_cast<double>(kHour));

  one_by_one.merge(at_once);
  EXPECT_DOUBLE_EQ(one_by_one.mean_ns(), static_cast<double>(kHour));
  one_by_one.reset();
  one_by_one.record(1'000);
  EXPECT_DOUBLE_EQ(one_by_one.mean_ns(), 1'000.0);
}

}  // namespace
}  // namespace etude
