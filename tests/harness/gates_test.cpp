// Goal: each gate keeps a wrong verdict out, and none hides a bad scheduler.
// Method: a small model of each bias gives the rows that a trial would; the ratio that follows
// without the gate is wrong by construction, and the gate has to void it.

#include "experiments/harness/gates.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "experiments/harness/record.h"

namespace etude::harness {
namespace {

TrialRecord good() {
  TrialRecord record;
  record.trial.status = "ok";
  record.trial.arrival = "closed";
  record.trial.requests = 1'000'000;
  record.trial.errors = 0;
  record.trial.throughput_rps = 1e6;
  record.trial.server_cpu_ns_per_request = 200;
  record.trial.client_busiest_thread = 0.5;
  record.trial.little_err = 0.001;
  return record;
}

constexpr Metric kMetrics[] = {Metric::cpu, Metric::throughput, Metric::p50, Metric::p99};

std::vector<std::string> reasons_of(const TrialRecord& first, const TrialRecord& second,
                                    Metric metric, Design design = Design::duet) {
  const TrialRecord* const sides[] = {&first, &second};
  return void_reasons(sides, metric, design);
}

TEST(Gates, LetAGoodRoundPass) {
  for (const Metric metric : kMetrics) EXPECT_TRUE(reasons_of(good(), good(), metric).empty());
}

TEST(Gates, VoidARoundOfWhichASideGaveNothing) {
  for (const char* status : {"failed", "skipped_machine_limit", "skipped_not_installed"}) {
    TrialRecord bad = good();
    bad.trial.status = status;
    for (const Metric metric : kMetrics) {
      EXPECT_EQ(reasons_of(good(), bad, metric).size(), 1U) << status;
      EXPECT_EQ(reasons_of(bad, good(), metric).size(), 1U) << status;
    }
  }
}

// A client that takes 1 us a request answers at most 1,000,000 requests a second. Of two servers
// that could give 1.5 and 1.2 million it sees two equal ones.
TEST(Gates, VoidThroughputThatTheClientSet) {
  const auto seen_by_client = [](double server_rps) {
    TrialRecord record = good();
    record.trial.throughput_rps = std::min(server_rps, 1e6);
    record.trial.client_busiest_thread = *record.trial.throughput_rps * 1e-6;
    record.trial.server_cpu_ns_per_request = 1e9 / server_rps;
    return record;
  };
  const TrialRecord slow = seen_by_client(1.2e6);
  const TrialRecord fast = seen_by_client(1.5e6);
  ASSERT_EQ(slow.trial.throughput_rps, fast.trial.throughput_rps) << "the bias is there";
  EXPECT_FALSE(reasons_of(slow, fast, Metric::throughput).empty());
  EXPECT_FALSE(reasons_of(slow, fast, Metric::p99).empty());
  // What a request cost the server is right all the same: a gate would only cost power.
  EXPECT_NEAR(*fast.trial.server_cpu_ns_per_request / *slow.trial.server_cpu_ns_per_request, 0.8,
              1e-9);
  EXPECT_TRUE(reasons_of(slow, fast, Metric::cpu).empty());
}

// A server that refuses half of its requests at a tenth of the cost looks cheaper by 45 %.
TEST(Gates, VoidRatiosOverRefusedRequests) {
  TrialRecord refusing = good();
  refusing.trial.errors = 500'000;
  refusing.trial.requests = 500'000;
  for (const Metric metric : kMetrics) {
    EXPECT_FALSE(reasons_of(good(), refusing, metric).empty()) << static_cast<int>(metric);
  }
  TrialRecord one_in_a_million = good();
  one_in_a_million.trial.errors = 1;
  EXPECT_TRUE(reasons_of(good(), one_in_a_million, Metric::p99).empty());
}

// Latencies that were recorded for a part of the requests alone do not add up to those in flight.
TEST(Gates, VoidLatencyThatDoesNotAddUp) {
  TrialRecord partial = good();
  partial.trial.little_err = -0.2;
  EXPECT_FALSE(reasons_of(good(), partial, Metric::p99).empty());
  EXPECT_FALSE(reasons_of(good(), partial, Metric::p50).empty());
  EXPECT_TRUE(reasons_of(good(), partial, Metric::throughput).empty());
  EXPECT_TRUE(reasons_of(good(), partial, Metric::cpu).empty());
}

// Two servers with a p99 of 1.0 and 1.1 ms, and a client that wakes 9 ms late on either side: it
// sees 10.0 and 10.1 ms, equal within 2 %.
TEST(Gates, VoidLatencyThatIsTheClientsOwnLag) {
  const auto seen_with_lag = [](double server_p99_ns, double lag_ns) {
    TrialRecord record = good();
    record.trial.arrival = "poisson";
    record.trial.lat_intended_p99_ns = server_p99_ns + lag_ns;
    record.trial.send_lag_p99_ns = lag_ns;
    return record;
  };
  const TrialRecord fast = seen_with_lag(1.0e6, 9e6);
  const TrialRecord slow = seen_with_lag(1.1e6, 9e6);
  ASSERT_LT(*slow.trial.lat_intended_p99_ns / *fast.trial.lat_intended_p99_ns, 1.02)
      << "the bias is there";
  for (const Design design : {Design::duet, Design::paired, Design::interleaved}) {
    EXPECT_EQ(reasons_of(fast, slow, Metric::p99, design).size(), 1U);
    EXPECT_EQ(reasons_of(fast, slow, Metric::p50, design).size(), 1U);
    // Late requests are answered and paid for all the same.
    EXPECT_TRUE(reasons_of(fast, slow, Metric::throughput, design).empty());
    EXPECT_TRUE(reasons_of(fast, slow, Metric::cpu, design).empty());
  }
  // A twentieth of the latency takes a twentieth of the difference: 9.5 % for 10 %.
  const TrialRecord nearly = seen_with_lag(1.0e6, 5e4);
  EXPECT_TRUE(reasons_of(nearly, seen_with_lag(1.1e6, 5e4), Metric::p99).empty());
}

// What marks a trial of its own, and biases no ratio: a drift that both sides share, a machine that
// others use, a hypervisor that takes its time. It costs no round.
TEST(Gates, KeepRoundsThatWereOnlyDisturbed) {
  TrialRecord first = good();
  TrialRecord second = good();
  for (TrialRecord* side : {&first, &second}) {
    side->trial.status = "nonstationary";
    side->trial.other_cpu_frac = 0.6;
    side->trial.cpu_steal_frac = 0.05;
  }
  for (const Metric metric : kMetrics) EXPECT_TRUE(reasons_of(first, second, metric).empty());
}

// A scheduler that leaves its server standing for half of the time: that is the finding.
TEST(Gates, KeepTheBadRoundsOfABadScheduler) {
  TrialRecord frozen = good();
  frozen.trial.throughput_rps = 5e5;
  frozen.trial.lat_req_p99_ns = 2e9;
  frozen.trial.status = "nonstationary";
  frozen.trial.arrival = "poisson";
  frozen.trial.lat_intended_p99_ns = 2e9;
  frozen.trial.send_lag_p99_ns = 1e5;
  frozen.trial.population_wait_p99_ns = 1.9e9;  // every connection was taken
  for (const Metric metric : kMetrics) {
    EXPECT_TRUE(reasons_of(good(), frozen, metric, Design::paired).empty());
  }
}

// Requests in ten windows, from `first` to `last` in equal steps.
TrialRecord with_windows(double first, double last) {
  constexpr int kWindows = 10;
  TrialRecord record = good();
  for (int i = 0; i < kWindows; ++i) {
    WindowRow window;
    window.requests = std::llround(first + (last - first) * i / (kWindows - 1));
    record.windows.push_back(window);
  }
  return record;
}

TEST(RatioDrift, IsNoneWhereBothSidesDriftTogether) {
  const auto drift = ratio_drift(with_windows(100'000, 60'000), with_windows(50'000, 30'000));
  EXPECT_NEAR(drift.value_or(9), 0, 1e-4);
}

// The candidate begins 10 % faster and ends 10 % slower. Over the whole its rate is the baseline's,
// in every round: without a look at the drift the two are equivalent within any margin.
TEST(RatioDrift, SpeaksAgainstAnEquivalenceInTheMiddleOfTheWay) {
  const TrialRecord steady = with_windows(100'000, 100'000);
  std::vector<double> drifts;
  for (int round = 0; round < 6; ++round) {
    const double noise = round % 2 == 0 ? 1'000 : -1'000;
    drifts.push_back(*ratio_drift(steady, with_windows(110'000 + noise, 90'000 + noise)));
  }
  EXPECT_NE(drift_reason(drifts).find("the ratio drifted by -14"), std::string::npos)
      << drift_reason(drifts);
  drifts.pop_back();
  EXPECT_EQ(drift_reason(drifts), "") << "five rounds are none too many";
}

// A server that stands still at the end of one round in six, and begins the next as if nothing had
// been: no drift of the ratio, and the round stays.
TEST(RatioDrift, IsNotABadRoundOfABadScheduler) {
  const TrialRecord steady = with_windows(100'000, 100'000);
  std::vector<double> drifts(5, *ratio_drift(steady, steady));
  drifts.push_back(*ratio_drift(steady, with_windows(100'000, 1'000)));
  EXPECT_LT(drifts.back(), -1);
  EXPECT_EQ(drift_reason(drifts), "");
  EXPECT_TRUE(reasons_of(steady, with_windows(100'000, 1'000), Metric::throughput).empty());
}

TEST(RatioDrift, IsUnknownWhereItCannotBeRead) {
  const TrialRecord steady = with_windows(100'000, 100'000);
  EXPECT_FALSE(ratio_drift(steady, good()).has_value()) << "no windows";
  EXPECT_FALSE(ratio_drift(steady, with_windows(0, 0)).has_value()) << "no answers";
  TrialRecord in_turns = steady;
  in_turns.trial.design = "interleaved";
  EXPECT_FALSE(ratio_drift(in_turns, in_turns).has_value());
  EXPECT_EQ(drift_reason({}), "");
}

}  // namespace
}  // namespace etude::harness
