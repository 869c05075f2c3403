// Goal: lengths are drawn as their text or file says, and what says nothing is refused by name.
// Method: many draws with a fixed seed, and files written by the test.

#include "experiments/simulator/lengths.h"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <string>

#include "core/failure.h"
#include "experiments/simulator/drawn_mean.h"

namespace etude::sim {
namespace {

std::string file_with(const std::string& name, const std::string& text) {
  const std::string path = testing::TempDir() + "lengths_test_" + name;
  std::ofstream(path) << text;
  return path;
}

std::string complaint(const std::string& text) {
  try {
    parse_lengths(text);
  } catch (const Error& refusal) {
    return refusal.what();
  }
  return "none";
}

double mean_ns(const Lengths& lengths, int draws) {
  Rng rng(1);
  double sum_ns = 0;
  for (int i = 0; i < draws; ++i) sum_ns += static_cast<double>(lengths.draw_ns(rng));
  return sum_ns / draws;
}

TEST(Lengths, NothingIsAlwaysZero) {
  Rng rng(1);
  EXPECT_TRUE(Lengths().is_zero());
  EXPECT_EQ(Lengths().draw_ns(rng), 0);
  EXPECT_TRUE(parse_lengths("fixed:0").is_zero());
  EXPECT_FALSE(parse_lengths("fixed:0.001").is_zero());
}

TEST(Lengths, ANamedDistributionIsInMicroseconds) {
  Rng rng(1);
  EXPECT_EQ(parse_lengths("fixed:2.5").draw_ns(rng), 2'500);
  // Four standard deviations of the mean of so many.
  constexpr int kDraws = 100'000;
  EXPECT_NEAR(mean_ns(parse_lengths("exp:1"), kDraws), 1'000, 4 * 1'000 / std::sqrt(kDraws));
}

TEST(Lengths, RoundingLeavesAShortMeanAsItIs) {
  // Cut down to whole nanoseconds it would be 9.5 ns.
  constexpr int kDraws = 1'000'000;
  EXPECT_NEAR(mean_ns(parse_lengths("exp:0.01"), kDraws), 10, 0.05);
}

// From the closed forms of the distributions, and from draws.
TEST(Lengths, TheDrawnMeanHoldsTheCutAndTheGrid) {
  constexpr int kDraws = 1'000'000;
  for (const char* text : {"exp:0.01", "fixed:0.0502", "uniform:0.003,0.0075", "hyperexp:1,100,0.1",
                           "bimodal:5,500,0.005", "lognormal:5,1", "pareto:5,3"}) {
    const Lengths lengths = parse_lengths(text);
    const double drawn_ns = lengths.drawn_mean_ns();
    EXPECT_NEAR(drawn_ns / mean_ns(lengths, kDraws), 1, 0.01) << text;
  }
  // e^-1/2 / (1 - e^-1) of what is exponential with a mean of one grid step.
  const double grid = drawn_mean_ns({.kind = Distribution::Kind::exponential, .mean_us = 0.001});
  EXPECT_NEAR(grid, std::exp(-0.5) / (1 - std::exp(-1.0)), 1e-9);
  // The tail beyond a second of pareto:5,1.1 holds (x_min / 1 s)^0.1 of the mean.
  const double cut =
      drawn_mean_ns({.kind = Distribution::Kind::pareto, .mean_us = 5, .alpha = 1.1});
  EXPECT_NEAR(cut / 5'000, 1 - std::pow(5e-6 / 11, 0.1) / 1.1, 1e-3);
}

TEST(Lengths, RefusesWhatTheCutOrTheGridDistorts) {
  EXPECT_NE(complaint("exp:0.001").find("mean of 0.0009595 us on the clock's grid of 1 ns"),
            std::string::npos)
      << complaint("exp:0.001");
  EXPECT_NE(complaint("fixed:0.0015").find("whole nanoseconds"), std::string::npos);
  EXPECT_NE(complaint("lognormal:5,10").find("take a sigma of at most 3."), std::string::npos)
      << complaint("lognormal:5,10");
  EXPECT_NE(complaint("pareto:5,1.1").find("take an alpha of at least 1."), std::string::npos)
      << complaint("pareto:5,1.1");
  EXPECT_NE(complaint("exp:900000").find("lower its mean"), std::string::npos);
  EXPECT_NE(complaint("exp:0").find("is always 0"), std::string::npos);
}

TEST(Lengths, AnEmpiricalOneDrawsEachBucketByItsCountAndEvenlyWithin) {
  const std::string path = file_with("three", "10,19,1\n20,20,0\n100,199,3\n");
  const Lengths lengths = parse_lengths("empirical:" + path);
  Rng rng(1);
  constexpr int kDraws = 100'000;
  int low = 0;
  int upper_half = 0;
  for (int i = 0; i < kDraws; ++i) {
    const Nanos drawn_ns = lengths.draw_ns(rng);
    const bool is_low = drawn_ns >= 10 && drawn_ns <= 19;
    ASSERT_TRUE(is_low || (drawn_ns >= 100 && drawn_ns <= 199)) << drawn_ns;
    low += is_low ? 1 : 0;
    upper_half += drawn_ns >= 150 ? 1 : 0;
  }
  EXPECT_NEAR(low, kDraws * 0.25, 4 * std::sqrt(kDraws * 0.25 * 0.75));
  EXPECT_NEAR(upper_half, kDraws * 0.375, 4 * std::sqrt(kDraws * 0.375 * 0.625));
}

TEST(Lengths, AHistogramFileOfARunIsReadByMetricAndTrial) {
  const std::string path = file_with("hist.csv",
                                     "trial_id,metric,lower_ns,upper_ns,count\n"
                                     "a,lat_req_ns,5,5,1\n"
                                     "a,lat_batch_ns,6,6,1\n"
                                     "b,lat_req_ns,7,7,1\n");
  Rng rng(1);
  EXPECT_EQ(parse_lengths("empirical:" + path + ",metric=lat_req,trial=b").draw_ns(rng), 7);
  EXPECT_EQ(parse_lengths("empirical:" + path + ",metric=lat_batch_ns").draw_ns(rng), 6);
  EXPECT_NE(complaint("empirical:" + path + ",metric=lat_req").find("more than one"),
            std::string::npos);
  EXPECT_NE(complaint("empirical:" + path + ",metric=lat").find("its metrics: lat_batch_ns, lat"),
            std::string::npos);
}

TEST(Lengths, ARelativeFileLiesInTheDirectoryGiven) {
  const std::filesystem::path path = file_with("relative", "5,5,1\n");
  Rng rng(1);
  const std::string name = path.filename().string();
  EXPECT_EQ(parse_lengths("empirical:" + name, path.parent_path().string()).draw_ns(rng), 5);
}

TEST(Lengths, RefusesWhatSaysNothing) {
  EXPECT_NE(complaint("normal:5").find("\"normal:5\": names no lengths of time"),
            std::string::npos);
  EXPECT_NE(complaint("empirical:").find("names no file"), std::string::npos);
  EXPECT_NE(complaint("empirical:/no/such").find("/no/such: cannot be read"), std::string::npos);
  EXPECT_NE(complaint("empirical:x,unit=s").find("unit=s"), std::string::npos);
  struct Wrong {
    const char* text;
    const char* problem;
  };
  for (const auto& [text, problem] :
       {Wrong{"5,4,1\n", "line 1: ends before"}, Wrong{"#\n1,2\n", "line 2: has no"},
        Wrong{"1,2,x\n", "whole numbers"}, Wrong{"3,4,1\n4,5,1\n", "line 2: is below"},
        Wrong{"3,3600000000001,1\n", "line 1: ends after more than an hour"},
        Wrong{"3,4,0\n", "no sample"}, Wrong{"", "no such histogram"}}) {
    const std::string path = file_with("wrong", text);
    EXPECT_NE(complaint("empirical:" + path).find(problem), std::string::npos)
        << text << ": " << complaint("empirical:" + path);
  }
}

}  // namespace
}  // namespace etude::sim
