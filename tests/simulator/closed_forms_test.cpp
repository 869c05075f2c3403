// Goal: the closed forms are right, so that a simulator that agrees with them is, too.
// Method: each against values computed in another way, by numpy and scipy: M/M/c by the stationary
// law of its chain of 4,000 states and the gamma law of the wait in each, the roots by brentq, the
// closed networks by solving their Markov chains, Student's t by scipy.stats.t. And against what
// has been published: t as in Abramowitz and Stegun, table 26.10; the loads of the two queueing
// policies that papers on microsecond scheduling compare.

#include "experiments/simulator/closed_forms.h"

#include <gtest/gtest.h>

#include <cmath>

namespace etude::theory {
namespace {

constexpr double kClose = 2e-8;  // the digits that were written down

struct MmcRow {
  Mmc queue;
  double waits, wait, waiting, p99;
};

TEST(ClosedForms, OneQueueBeforeServersIsItsChain) {
  const MmcRow rows[] = {
      {{.servers = 1, .load = 0.5}, 0.5, 1, 0.5, 9.21034037},
      {{.servers = 1, .load = 0.8}, 0.8, 4, 3.2, 23.02585093},
      {{.servers = 4, .load = 0.7}, 0.4286543182, 0.3572119319, 1.0001934092, 5.49255750},
      {{.servers = 16, .load = 0.9}, 0.5913433939, 0.3695896212, 5.3220905449, 5.26983460},
      {{.servers = 32, .load = 0.95}, 0.6957101142, 0.4348188214, 13.2184921692, 5.35319002},
  };
  for (const MmcRow& row : rows) {
    SCOPED_TRACE(testing::Message() << row.queue.servers << " servers, load " << row.queue.load);
    EXPECT_NEAR(wait_probability(row.queue), row.waits, kClose);
    EXPECT_NEAR(wait_mean(row.queue), row.wait, kClose);
    EXPECT_NEAR(sojourn_mean(row.queue), 1 + row.wait, kClose);
    EXPECT_NEAR(waiting_mean(row.queue), row.waiting, kClose);
    EXPECT_NEAR(sojourn_quantile(row.queue, 0.99), row.p99, kClose);
    EXPECT_NEAR(sojourn_tail(row.queue, row.p99), 0.01, kClose);
  }
}

TEST(ClosedForms, AnotherUnitOfTimeScalesTimesAlone) {
  const Mmc in_us{.servers = 4, .load = 0.7, .service = 10};
  EXPECT_NEAR(wait_mean(in_us), 3.572119319, 10 * kClose);
  EXPECT_NEAR(sojourn_quantile(in_us, 0.99), 54.9255750, 10 * kClose);
  EXPECT_NEAR(waiting_mean(in_us), 1.0001934092, kClose);
}

TEST(ClosedForms, TheHighestLoadWithinTenServicesIsThePublishedOne) {
  constexpr double kHalfDigit = 5e-5;
  EXPECT_NEAR(max_load(1, 0.99, 10), 0.5395, kHalfDigit);
  EXPECT_NEAR(max_load(16, 0.99, 10), 0.9677, kHalfDigit);
  EXPECT_NEAR(max_load(4, 0.99, 10), 0.87522586, kClose);
  EXPECT_NEAR(max_load(8, 0.99, 10), 0.93629491, kClose);
  EXPECT_NEAR(max_load(32, 0.99, 10), 0.98366287, kClose);
}

// Fixed service waits half as long as exponential service does.
TEST(ClosedForms, OneServerOfAnyServiceFollowsPollaczekAndKhinchine) {
  EXPECT_NEAR(mg1_sojourn_mean(0.8, 10, 1), sojourn_mean({.load = 0.8, .service = 10}), kClose);
  EXPECT_NEAR(mg1_sojourn_mean(0.8, 10, 0), 10 + 40 / 2., kClose);
  EXPECT_NEAR(mg1_sojourn_mean(0.5, 1, 3), 1 + 2, kClose);
}

TEST(ClosedForms, RegularArrivalsLeaveTheRootOfTheirEquation) {
  EXPECT_NEAR(dm1_sojourn_mean(0.5, 1), 1.2550009750, kClose);
  EXPECT_NEAR(dm1_sojourn_mean(0.8, 10), 26.9273083992, 10 * kClose);
}

TEST(ClosedForms, SharedServiceTakesLongerByTheShareThatIsFree) {
  EXPECT_NEAR(sharing_sojourn_mean(0.75, 10), 40, kClose);
}

TEST(ClosedForms, TheLongestOfExponentialTimesIsAHarmonicSum) {
  EXPECT_NEAR(longest_mean(1, 10), 10, kClose);
  EXPECT_NEAR(longest_mean(4, 12), 25, kClose);
}

TEST(ClosedForms, AClosedNetworkIsItsChain) {
  const auto expect = [](const ClosedResult& result, double throughput, double sojourn) {
    EXPECT_NEAR(result.throughput, throughput, kClose);
    EXPECT_NEAR(result.sojourn_mean, sojourn, 50 * kClose);
  };
  expect(closed_over_servers({8, 50, 10}, 1), 0.0929952148, 36.0259317537);
  expect(closed_over_servers({16, 40, 10}, 4), 0.3053843741, 12.3929885050);
  expect(closed_over_servers({64, 100, 10}, 4), 0.3998876004, 60.0449724750);
  expect(closed_over_queues({8, 50, 10}, 1), 0.0929952148, 36.0259317537);
  expect(closed_over_queues({6, 20, 10}, 3), 0.1610152136, 17.2635595530);
  expect(closed_over_queues({10, 15, 10}, 2), 0.1750075951, 42.1403772243);
}

struct StudentRow {
  std::uint32_t degrees;
  double beyond, t, within;
};

TEST(ClosedForms, StudentsTIsTheTables) {
  const StudentRow rows[] = {
      {1, 0.05, 12.706, 5e-4},         {2, 0.05, 4.303, 5e-4},
      {9, 0.05, 2.262, 5e-4},          {29, 0.05, 2.045, 5e-4},
      {29, 0.001, 3.6594050194, 1e-8}, {31, 0.0008, 3.7154965777, 1e-8},
      {4, 1e-4, 15.5441006055, 1e-7},  {31, 1e-6, 6.0719759247, 1e-7},
  };
  for (const StudentRow& row : rows) {
    EXPECT_NEAR(student_t(row.degrees, row.beyond), row.t, row.within)
        << row.degrees << " degrees of freedom, beyond with " << row.beyond;
  }
}

}  // namespace
}  // namespace etude::theory
