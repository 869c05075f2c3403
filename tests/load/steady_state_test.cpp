#include "experiments/load/steady_state.h"

#include <gtest/gtest.h>

#include "core/random.h"

namespace etude::load {
namespace {

std::vector<Window> windows_of(const std::vector<std::uint64_t>& requests) {
  std::vector<Window> windows;
  for (const std::uint64_t count : requests) windows.push_back({.requests = count});
  return windows;
}

TEST(Drift, ComparesFirstAndLastThirdOfWholeWindows) {
  // Six whole windows and one that was cut short.
  const auto windows = windows_of({1'000, 1'000, 9, 9, 1'100, 1'100, 50});
  const Drift change = drift(windows, 6 * kWindow_ns + kWindow_ns / 20);
  EXPECT_NEAR(change.change, 0.1, 1e-9);
  EXPECT_NEAR(change.noise, 3 * std::sqrt((1'000.0 + 1'100.0) / 2) / 1'000, 1e-9);
}

TEST(Drift, UnevenWindowsAreNoiseAndNotDrift) {
  const auto windows = windows_of({90'000, 110'000, 9, 9, 95'000, 117'000});
  const Drift change = drift(windows, 6 * kWindow_ns);
  EXPECT_NEAR(change.change, 0.06, 1e-9);
  EXPECT_GT(change.noise, change.change);
}

std::vector<std::string> reasons_of(const std::vector<std::uint64_t>& requests) {
  return unsteady_reasons(windows_of(requests), static_cast<Nanos>(requests.size()) * kWindow_ns);
}

// 20 windows, the first `slow` of them a tenth below the others, which scatter by 1 %.
std::vector<std::uint64_t> settling_after(std::size_t slow) {
  std::vector<std::uint64_t> requests;
  for (std::size_t i = 0; i < 20; ++i) {
    requests.push_back((i < slow ? 90'000U : 100'000U) + (i % 2 == 0 ? 1'000U : 0U));
  }
  return requests;
}

TEST(Truncation, FindsWhereTheTrialSettles) {
  for (const std::size_t slow : {0U, 1U, 5U, 8U}) {
    const Truncation cut = truncation(windows_of(settling_after(slow)), 20 * kWindow_ns);
    EXPECT_LE(cut.windows, slow + 1);
    EXPECT_GE(cut.windows, slow);
  }
}

TEST(SteadyState, EndsWithAPointBehindTheFirstQuarter) {
  EXPECT_TRUE(reasons_of(settling_after(0)).empty());
  const auto late = reasons_of(settling_after(8));
  ASSERT_FALSE(late.empty());
  EXPECT_NE(late.back().find("settled"), std::string::npos) << late.back();
}

TEST(SteadyState, HoldsForTooFewWindows) {
  EXPECT_TRUE(reasons_of({}).empty());
  EXPECT_TRUE(reasons_of({5}).empty());
  EXPECT_TRUE(reasons_of({5, 500}).empty());
}

// Goal: chance alone hardly ever makes a trial unsteady. Method: 200 seeded trials whose windows
// differ by nothing but noise of 5 %.
TEST(SteadyState, IsNotLostToNoise) {
  int unsteady = 0;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    Rng rng(seed);
    std::vector<std::uint64_t> requests;
    for (int i = 0; i < 50; ++i) requests.push_back(95'000 + rng.below(10'000));
    unsteady += reasons_of(requests).empty() ? 0 : 1;
  }
  EXPECT_LE(unsteady, 4);
}

}  // namespace
}  // namespace etude::load
