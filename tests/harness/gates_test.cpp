// Goal: each gate keeps a wrong verdict out, and none hides a bad scheduler.
// Method: a small model of each bias gives the rows that a trial would; the ratio that follows
// without the gate is wrong by construction, and the gate has to void it.

#include "experiments/harness/gates.h"

#include <gtest/gtest.h>

#include <algorithm>

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
  frozen.trial.send_lag_p99_ns = 1.9e9;  // requests that waited for a free connection
  for (const Metric metric : kMetrics) {
    EXPECT_TRUE(reasons_of(good(), frozen, metric, Design::paired).empty());
  }
}

}  // namespace
}  // namespace etude::harness
