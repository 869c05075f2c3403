// Goal: verdicts hold what they promise though one looks again and again, at many comparisons.
// Method: closed values by scipy for single steps; then whole campaigns, resampled from the
// log-ratios of real A/A duets (duet_pairs.h), with effects planted.

#include "experiments/harness/sequential.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "core/random.h"
#include "tests/harness/duet_pairs.h"

namespace etude::harness {
namespace {

constexpr std::array kSample{0.011, 0.004, -0.002, 0.009, 0.006, 0.001};

TEST(Sequential, LooksAQuarterFurtherEachTime) {
  EXPECT_EQ(scheduled_looks({.pairs_min = 6, .pairs_max = 14}),
            (std::vector<std::uint32_t>{6, 8, 10, 13, 14}));
  EXPECT_EQ(scheduled_looks({.pairs_min = 6, .pairs_max = 6}), std::vector<std::uint32_t>{6});
}

// Values of scipy.stats.
TEST(Sequential, WeighsOneLookAsATTestDoes) {
  const Evidence evidence = weigh(kSample, {.pairs_min = 6, .pairs_max = 6});
  EXPECT_EQ(evidence.pairs, 6U);
  EXPECT_NEAR(evidence.p_differs, 0.05949049990485189, 1e-9);
  EXPECT_NEAR(evidence.low_log, -0.0002827775310706602, 1e-9);
  EXPECT_NEAR(evidence.high_log, 0.009949444197737325, 1e-9);
  EXPECT_NEAR(evidence.p_equivalent, 0.0003287627053214584, 1e-9);
}

TEST(Sequential, ChargesEachLookItsShare) {
  const StoppingRule one{.pairs_min = 6, .pairs_max = 6};
  const StoppingRule five{.pairs_min = 6, .pairs_max = 14};
  EXPECT_NEAR(weigh(kSample, five).p_differs, 5 * weigh(kSample, one).p_differs, 1e-12);
}

TEST(Sequential, APValueNeverRises) {
  const StoppingRule rule;
  Rng rng(3);
  std::vector<double> logs;
  Evidence before;
  for (int i = 0; i < 60; ++i) {
    logs.push_back(0.01 * (rng.uniform() - 0.4));
    const Evidence now = weigh(logs, rule);
    EXPECT_LE(now.p_differs, before.p_differs) << "at " << i;
    EXPECT_LE(now.p_equivalent, before.p_equivalent) << "at " << i;
    before = now;
  }
}

Judged judged_alone(const std::vector<double>& logs, double floor = 0) {
  const Evidence evidence = weigh(logs, {});
  return judge_family({&evidence, 1}, {&floor, 1}, {}).front();
}

TEST(Sequential, DecidesNothingOfTooFewPairs) {
  for (const std::size_t pairs : {0U, 1U, 2U, 5U}) {
    const Judged judged = judged_alone(std::vector<double>(pairs, 0.1));
    EXPECT_EQ(judged.decision, Decision::open) << pairs;
    EXPECT_GE(judged.pairs_more, 6 - pairs) << pairs;
    EXPECT_TRUE(std::isinf(judged.decision_high_log)) << pairs;
  }
}

TEST(Sequential, TakesEqualPairsForWhatTheyAre) {
  EXPECT_EQ(judged_alone(std::vector<double>(6, 0.0)).decision, Decision::equivalent);
  EXPECT_EQ(judged_alone(std::vector<double>(6, 0.1)).decision, Decision::differs);
}

TEST(Sequential, LetsNothingDifferBelowTheFloor) {
  const std::vector<double> logs(8, 0.03);
  EXPECT_EQ(judged_alone(logs, 0.02).decision, Decision::differs);
  EXPECT_EQ(judged_alone(logs, 0.04).decision, Decision::open);
}

// p values of 0.02 and 0.04 in a family of two: Holm rejects both, Bonferroni one.
TEST(Sequential, LeavesTheShareOfAClosedComparisonToTheOthers) {
  std::array<Evidence, 2> family{};
  family[0].p_differs = 0.02;
  family[1].p_differs = 0.04;
  const std::array floors{0.0, 0.0};
  const auto judged = judge_family(family, floors, {});
  EXPECT_EQ(judged[0].decision, Decision::differs);
  EXPECT_EQ(judged[1].decision, Decision::differs);
  family[0].p_differs = 0.03;
  EXPECT_EQ(judge_family(family, floors, {})[1].decision, Decision::open);
}

// Value of scipy.stats: t.ppf(.975, 4) * sqrt(mean(x**2) / 10).
TEST(Sequential, FloorIsWhatAnAaPairReaches) {
  EXPECT_NEAR(aa_floor(std::array{0.01, -0.005, 0.002, 0.004}, 10), 0.005286193990518221, 1e-9);
}

TEST(SequentialDeathTest, RefusesALogRatioThatIsNone) {
  const std::array bad{0.1, std::nan("")};
  EXPECT_DEATH(weigh(bad, {}), "a log-ratio is finite");
}

// One campaign: every comparison gets pairs until it closes or has pairs_max.
struct Outcome {
  std::vector<Decision> decisions;
  std::vector<std::uint32_t> pairs;
};

Outcome campaign(const std::vector<double>& effects, Rng& rng) {
  const StoppingRule rule;
  const std::vector<double> floors(effects.size(), 0.0);
  std::vector<std::vector<double>> logs(effects.size());
  std::vector<Evidence> family(effects.size());
  Outcome outcome{std::vector<Decision>(effects.size(), Decision::open),
                  std::vector<std::uint32_t>(effects.size(), rule.pairs_max)};
  std::uint32_t had = 0;
  for (const std::uint32_t look : scheduled_looks(rule)) {
    for (std::size_t i = 0; i < effects.size(); ++i) {
      if (outcome.decisions[i] != Decision::open) continue;
      for (std::uint32_t pair = had; pair < look; ++pair) {
        const auto drawn = rng.below(static_cast<std::uint32_t>(kDuetLogRatios.size()));
        logs[i].push_back(effects[i] + kDuetLogRatios[drawn] - duet_mean());
      }
      family[i] = weigh(logs[i], rule);
    }
    had = look;
    const auto judged = judge_family(family, floors, rule);
    for (std::size_t i = 0; i < effects.size(); ++i) {
      if (outcome.decisions[i] != Decision::open) continue;
      outcome.decisions[i] = judged[i].decision;
      if (judged[i].decision != Decision::open) outcome.pairs[i] = look;
    }
  }
  return outcome;
}

struct Rates {
  double differs = 0;  // share of comparisons
  double equivalent = 0;
  double any_differs = 0;  // share of campaigns with at least one
  double any_equivalent = 0;
  double pairs = 0;  // mean of a comparison
};

Rates rates_of(const std::vector<double>& effects, int campaigns) {
  Rng rng(20261127);
  Rates rates;
  const double comparisons = static_cast<double>(effects.size()) * campaigns;
  for (int i = 0; i < campaigns; ++i) {
    const Outcome outcome = campaign(effects, rng);
    const auto count = [&](Decision wanted) {
      return std::count(outcome.decisions.begin(), outcome.decisions.end(), wanted);
    };
    rates.differs += static_cast<double>(count(Decision::differs)) / comparisons;
    rates.equivalent += static_cast<double>(count(Decision::equivalent)) / comparisons;
    rates.any_differs += count(Decision::differs) > 0 ? 1.0 / campaigns : 0;
    rates.any_equivalent += count(Decision::equivalent) > 0 ? 1.0 / campaigns : 0;
    for (const std::uint32_t pairs : outcome.pairs) rates.pairs += pairs / comparisons;
  }
  std::printf("family of %zu, effect %.3f: differs %.3f, equivalent %.3f, %.1f pairs\n",
              effects.size(), effects.front(), rates.differs, rates.equivalent, rates.pairs);
  return rates;
}

// Seeded, so these are facts and no chances. In the long run each is at most 5 %.
TEST(Sequential, CallsNoEqualPairDifferentMoreOftenThanPromised) {
  for (const std::size_t family : {1U, 12U, 40U}) {
    const Rates rates = rates_of(std::vector<double>(family, 0.0), family == 1 ? 1'000 : 60);
    EXPECT_LE(rates.any_differs, 0.05) << "a family of " << family;
    EXPECT_GE(rates.equivalent, 0.95) << "a family of " << family;
  }
}

TEST(Sequential, CallsNothingEquivalentThatIsOffByTheMargin) {
  const double at_margin = std::log1p(0.02);
  for (const std::size_t family : {1U, 12U}) {
    const Rates rates = rates_of(std::vector<double>(family, at_margin), family == 1 ? 1'000 : 60);
    EXPECT_LE(rates.any_equivalent, 0.05) << "a family of " << family;
  }
}

TEST(Sequential, FindsPlantedDifferences) {
  EXPECT_GE(rates_of({0.02}, 500).differs, 0.95);
  EXPECT_GE(rates_of({0.05}, 500).differs, 0.99);
  EXPECT_GE(rates_of(std::vector<double>(12, 0.05), 100).differs, 0.99);
}

}  // namespace
}  // namespace etude::harness
