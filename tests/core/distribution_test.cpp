// Goal: each name draws from its distribution, with the parameters where the text says.
// Method: many draws with a fixed seed; the share of them below a value must be the distribution's,
// within four standard deviations of that count.

#include "core/distribution.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace etude {
namespace {

struct Expectation {
  const char* text;
  double value_us;
  double share;  // of the distribution, at most value_us
};

TEST(Distribution, DrawsWhatItsTextSays) {
  constexpr int kDraws = 100'000;
  const double e = std::exp(1.0);
  const std::vector<Expectation> expectations = {
      {"exp:5", 5, 1 - 1 / e},
      {"exp:5", 15, 1 - std::exp(-3.0)},
      {"uniform:1,9", 3, 0.25},
      {"uniform:1,9", 7, 0.75},
      {"bimodal:5,500,0.005", 5, 0.995},
      {"bimodal:5,500,0.25", 499, 0.75},
      {"hyperexp:5,500,0.25", 5, 0.75 * (1 - 1 / e) + 0.25 * (1 - std::exp(-0.01))},
      {"hyperexp:5,500,0.25", 500, 0.75 + 0.25 * (1 - 1 / e)},
      {"lognormal:5,1", 5 / std::sqrt(e), 0.5},      // the median: mean / e^(sigma^2 / 2)
      {"lognormal:5,1", 5 * std::sqrt(e), 0.84134},  // one sigma above it
      {"pareto:6,1.5", 2, 0},                        // the minimum: mean (alpha - 1) / alpha
      {"pareto:6,1.5", 8, 1 - std::pow(0.25, 1.5)},
  };
  for (const auto& [text, value_us, share] : expectations) {
    const auto distribution = parse_distribution(text);
    ASSERT_TRUE(distribution) << text;
    Rng rng(7);
    int below = 0;
    for (int i = 0; i < kDraws; ++i) below += draw_us(*distribution, rng) <= value_us ? 1 : 0;
    const double deviation = std::sqrt(kDraws * share * (1 - share));
    EXPECT_NEAR(below, kDraws * share, 4 * deviation) << text << " at " << value_us;
  }
}

TEST(Distribution, HasTheMeanOfItsDraws) {
  constexpr int kDraws = 100'000;
  for (const char* text : {"fixed:5", "exp:5", "uniform:1,9", "bimodal:5,500,0.25",
                           "hyperexp:5,500,0.25", "lognormal:5,0.5", "pareto:6,3"}) {
    const auto distribution = parse_distribution(text);
    Rng rng(11);
    double sum_us = 0;
    for (int i = 0; i < kDraws; ++i) sum_us += draw_us(*distribution, rng);
    const double mean = mean_us(*distribution);
    EXPECT_NEAR(sum_us / kDraws, mean, 0.03 * mean) << text;
  }
}

TEST(Distribution, StaysWithinItsEnds) {
  Rng rng(1);
  const auto fixed = parse_distribution("fixed:2.5");
  const auto uniform = parse_distribution("uniform:3,4");
  const auto heavy = parse_distribution("pareto:1000000,1.01");
  for (int i = 0; i < 1'000; ++i) {
    ASSERT_EQ(draw_us(*fixed, rng), 2.5);
    const double drawn_us = draw_us(*uniform, rng);
    ASSERT_GE(drawn_us, 3);
    ASSERT_LT(drawn_us, 4);
    ASSERT_LE(draw_us(*heavy, rng), kDrawMax_us);
  }
}

TEST(Distribution, RefusesWhatItCannotDrawFrom) {
  for (const char* text :
       {"", "exp", "exp:", "exp:-1", "exp:x", "exp:5,6", "exp:nan", "exp:1000001", "normal:1,2",
        "uniform:1", "uniform:2,1", "bimodal:5,500", "hyperexp:5,500", "bimodal:5,500,1.1",
        "lognormal:5,11", "pareto:5,1", "fixed:5 ", "fixed: 5", "EXP:5"}) {
    EXPECT_FALSE(parse_distribution(text)) << text;
  }
}

}  // namespace
}  // namespace etude
