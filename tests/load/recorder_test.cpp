// Goal: the sums that every gate rests on are exact. Method: scripted times, results by hand.

#include "experiments/load/recorder.h"

#include <gtest/gtest.h>

#include <cmath>

#include "experiments/load/result.h"

namespace etude::load {
namespace {

constexpr Timeline kTimeline{
    .start_ns = 0, .measure_start_ns = kSecond, .measure_end_ns = 2 * kSecond};

TEST(Recorder, IntegratesWhatIsInFlightWithinTheMeasuredTimeOnly) {
  Recorder recorder;
  recorder.set_timeline(kTimeline);
  recorder.connection_opened(0);
  recorder.connection_opened(0);
  // Half a second of it lies before, half inside: 4 requests for 0.5 s.
  recorder.sent(kSecond / 2, 4, true);
  recorder.answered(3 * kSecond / 2, kSecond / 2, 4, true);
  // One request, from 0.75 s inside to beyond the end: 0.25 s.
  recorder.sent(7 * kSecond / 4, 1, true);
  recorder.answered(3 * kSecond, 7 * kSecond / 4, 1, true);
  recorder.finish(4 * kSecond);

  const Tally& tally = recorder.tally();
  EXPECT_EQ(tally.inflight_ns, static_cast<std::uint64_t>(2 * kSecond + kSecond / 4));
  EXPECT_EQ(tally.busy_ns, static_cast<std::uint64_t>(kSecond / 2 + kSecond / 4));
  EXPECT_EQ(tally.open_ns, static_cast<std::uint64_t>(2 * kSecond));
  EXPECT_DOUBLE_EQ(idle_share(tally), 1 - 0.75 / 2);
  EXPECT_EQ(tally.requests, 4U) << "the last one was answered after the end";
  EXPECT_EQ(tally.lat_req.max_ns(), kSecond);
  EXPECT_EQ(recorder.inflight(), 0U);
}

TEST(Recorder, CountsACompletionInItsWindow) {
  Recorder recorder;
  recorder.set_timeline(kTimeline);
  recorder.connection_opened(0);
  for (const Nanos at_ns : {kSecond - 1, kSecond, kSecond + kWindow_ns - 1, kSecond + kWindow_ns,
                            2 * kSecond - 1, 2 * kSecond}) {
    recorder.sent(at_ns, 1, true);
    recorder.answered(at_ns, at_ns - 10, 1, true);
  }
  const Tally& tally = recorder.tally();
  ASSERT_EQ(tally.windows.size(), 10U);
  EXPECT_EQ(tally.windows[0].requests, 2U);
  EXPECT_EQ(tally.windows[0].lat_req_sum_ns, 20U);
  EXPECT_EQ(tally.windows[1].requests, 1U);
  EXPECT_EQ(tally.windows[9].requests, 1U);
  EXPECT_EQ(tally.requests, 4U);
}

TEST(Recorder, CountsFaultsFromTheMeasuredTimeOn) {
  Recorder recorder;
  recorder.fault(5, Fault::read, 1, "before any phase");
  recorder.set_timeline(kTimeline);
  recorder.fault(kSecond - 1, Fault::read, 1, "while warming up");
  recorder.fault(kSecond, Fault::read, 2, "inside");
  recorder.fault(3 * kSecond, Fault::timeout, 3, "while draining");
  EXPECT_EQ(error_count(recorder.tally()), 5U);
  EXPECT_EQ(recorder.tally().first_fault, "inside");
}

TEST(Recorder, TakesOpenLoopRequestsByTheTimeTheyWereWanted) {
  Recorder recorder;
  recorder.set_timeline(kTimeline);
  recorder.answered_intended(kSecond + 5, kSecond - 1, 1);
  recorder.answered_intended(3 * kSecond, kSecond, 1);
  recorder.lagged(kSecond + 7, kSecond, 3);
  EXPECT_EQ(recorder.tally().lat_intended.count(), 1U);
  EXPECT_EQ(recorder.tally().lat_intended.max_ns(), 2 * kSecond);
  EXPECT_EQ(recorder.tally().send_lag.max_ns(), 4);
  EXPECT_EQ(recorder.tally().population_wait.max_ns(), 3);
}

// Goal: Little's law holds exactly when nothing crosses the ends. Method: 10 connections, each with
// one request after another of 10 ms.
TEST(LittleError, IsZeroForAClosedPopulation) {
  LoadResult result;
  result.options.duration_ns = kSecond;
  Recorder recorder;
  recorder.set_timeline(kTimeline);
  for (int connection = 0; connection < 10; ++connection) recorder.connection_opened(0);
  for (Nanos at_ns = kSecond; at_ns < 2 * kSecond; at_ns += 10 * kMillisecond) {
    for (int i = 0; i < 10; ++i) recorder.sent(at_ns, 1, true);
    const Nanos answered_ns = at_ns + 10 * kMillisecond - 1;
    for (int i = 0; i < 10; ++i) recorder.answered(answered_ns, at_ns, 1, true);
  }
  recorder.finish(2 * kSecond);
  result.tally.merge(recorder.tally());
  EXPECT_NEAR(inflight_mean(result), 10.0, 1e-4);
  EXPECT_NEAR(little_error(result), 0.0, 1e-9);

  // A latency that were twice too long would show as an error of 1.
  LoadResult doubled;
  doubled.options.duration_ns = kSecond;
  doubled.tally.requests = 1'000;
  doubled.tally.inflight_ns = result.tally.inflight_ns;
  doubled.tally.lat_req.record(2 * (10 * kMillisecond - 1), 1'000);
  EXPECT_NEAR(little_error(doubled), 1.0, 1e-9);
}

TEST(Fairness, IsOneForEqualSharesAndOneNthForASingleWinner) {
  EXPECT_DOUBLE_EQ(jain_index({7, 7, 7, 7}), 1.0);
  EXPECT_DOUBLE_EQ(jain_index({9, 0, 0, 0}), 0.25);
  EXPECT_DOUBLE_EQ(jain_index({0, 0}), 0.0);
}

std::vector<Window> windows_of(const std::vector<std::uint64_t>& requests) {
  std::vector<Window> windows;
  for (const std::uint64_t count : requests) windows.push_back({.requests = count});
  return windows;
}

// A result that nothing is wrong with: 1,000,000 requests in 1 s.
struct Good : LoadResult {
  Good() {
    options.duration_ns = kSecond;
    options.connections = connections_open = 1;
    requests_per_connection = {1'000'000};
    tally.requests = 1'000'000;
    tally.windows = windows_of(std::vector<std::uint64_t>(10, 100'000));
    tally.lat_req.record(kMillisecond, 1'000'000);
    tally.inflight_ns = 1'000 * kSecond;
  }
};

TEST(Verdict, IsOkWhenNothingIsWrong) {
  const Good result;
  EXPECT_EQ(judge(result).status, Status::ok);
  EXPECT_TRUE(judge(result).reasons.empty());
}

TEST(Verdict, NamesABusyClientDriftAndErrors) {
  Good busy;
  busy.busiest_thread = 0.86;
  EXPECT_EQ(judge(busy).status, Status::client_bound);

  Good drifting;
  drifting.tally.windows[9].requests = 110'000;
  drifting.tally.windows[8].requests = 110'000;
  drifting.tally.windows[7].requests = 110'000;
  EXPECT_EQ(judge(drifting).status, Status::nonstationary);

  Good few_errors;
  few_errors.tally.faults[0] = 50;
  EXPECT_EQ(judge(few_errors).status, Status::ok);
  EXPECT_EQ(judge(few_errors).reasons.size(), 1U);

  Good errors;
  errors.tally.faults[0] = 200;
  errors.busiest_thread = 1;
  EXPECT_EQ(judge(errors).status, Status::errors) << "the gravest finding is the status";
  EXPECT_EQ(judge(errors).reasons.size(), 2U);

  Good short_of_connections;
  short_of_connections.options.connections = 2;
  EXPECT_EQ(judge(short_of_connections).status, Status::errors);
}

// A rate missed by a client on time was missed by the server, and so is a wait for a connection.
TEST(Verdict, LeavesAnOpenLoopToTheServerWhoseConnectionsWereTaken) {
  Good slow;
  slow.options.arrival = Arrival::poisson;
  slow.options.rate_rps = 1'020'000;
  slow.tally.lat_intended.record(kSecond, 1'000'000);
  slow.tally.population_wait.record(kSecond, 400'000);
  EXPECT_EQ(judge(slow).status, Status::ok);
  ASSERT_EQ(judge(slow).reasons.size(), 2U);
  EXPECT_NE(judge(slow).reasons[0].find("400000 requests waited"), std::string::npos);
  EXPECT_NE(judge(slow).reasons[1].find("98.0 % of the target rate"), std::string::npos);
}

TEST(Verdict, CallsAnOpenLoopClientBoundWhenItsClientLags) {
  Good lagging;
  lagging.options.arrival = Arrival::poisson;
  lagging.options.rate_rps = 1'000'000;
  lagging.tally.lat_intended.record(kMillisecond, 1'000'000);
  EXPECT_EQ(judge(lagging).status, Status::ok);
  lagging.tally.send_lag.record(kMillisecond / 20, 1'000'000);
  EXPECT_EQ(judge(lagging).status, Status::ok);
  lagging.tally.send_lag.record(kMillisecond / 5, 1'000'000);
  EXPECT_EQ(judge(lagging).status, Status::client_bound);
}

}  // namespace
}  // namespace etude::load
