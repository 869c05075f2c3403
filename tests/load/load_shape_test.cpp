// Goal: think times, connections that are renewed, and the ramp do what they say.
// Method: unit tests on scripted times; then servers that count. A busy machine can only make a
// load slower, so times are bounded from the side that it cannot move.

#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "core/clock.h"
#include "experiments/load/run.h"
#include "experiments/load/think_times.h"
#include "experiments/load/workload.h"
#include "tests/load/scripted_server.h"

namespace etude::load {
namespace {

LoadOptions options_for(const ScriptedServer& server) {
  LoadOptions options;
  options.url = server.url();
  options.connections = 2;
  options.warmup_ns = 0;
  options.duration_ns = 100 * kMillisecond;
  return options;
}

std::unique_ptr<LoadResult> run_quietly(const LoadOptions& options) {
  return run_load(options, [](std::string_view) {});
}

TEST(ThinkTimes, FixedOnesBeginAnywhereAndThenStayEqual) {
  ThinkTimes think({.mean_ns = 1'000}, 1, 0, 3);
  for (std::uint32_t slot = 0; slot < 3; ++slot) think.start(slot, 0, true);
  std::vector<Nanos> firsts;
  for (int i = 0; i < 3; ++i) {
    const Nanos due_ns = think.next_ns();
    firsts.push_back(due_ns);
    EXPECT_LT(due_ns, 1'000);
    EXPECT_FALSE(think.take(due_ns - 1));
    const auto slot = think.take(due_ns);
    ASSERT_TRUE(slot);
    think.start(*slot, 10'000, false);
    think.start(*slot, 20'000, false);  // is thinking already
  }
  EXPECT_NE(firsts[0], firsts[1]);
  EXPECT_EQ(think.next_ns(), 11'000);
}

TEST(ThinkTimes, ExponentialOnesHaveTheirMeanAndTheirSeed) {
  ThinkTimes think({.mean_ns = kMillisecond, .exponential = true}, 1, 0, 1);
  ThinkTimes same({.mean_ns = kMillisecond, .exponential = true}, 1, 0, 1);
  constexpr int kDraws = 50'000;
  Nanos now_ns = 0;
  for (int i = 0; i < kDraws; ++i) {
    think.start(0, now_ns, false);
    same.start(0, now_ns, false);
    ASSERT_EQ(think.next_ns(), same.next_ns());
    now_ns = think.next_ns();
    ASSERT_TRUE(think.take(now_ns));
    ASSERT_TRUE(same.take(now_ns));
  }
  EXPECT_NEAR(static_cast<double>(now_ns) / kDraws, 1e6, 4e6 / std::sqrt(kDraws));
}

TEST(ThinkTimes, EndWithTheConnection) {
  ThinkTimes think({.mean_ns = 1'000}, 1, 0, 1);
  think.start(0, 0, false);
  think.cancel(0);
  EXPECT_FALSE(think.take(5'000));
  think.start(0, 6'000, false);
  EXPECT_FALSE(think.take(6'999));
  EXPECT_EQ(think.take(7'000), 0U);
}

// 100 ms hold at most five think times of 20 ms, and what comes before and behind them.
TEST(Think, KeepsEachConnectionFromAskingSooner) {
  const ScriptedServer server([](Peer& peer) { answer_batches(peer, 2); });
  LoadOptions options = options_for(server);
  options.pipeline = 2;
  options.think = {.mean_ns = 20 * kMillisecond};
  const auto result = run_quietly(options);
  EXPECT_GT(result->tally.requests, 0U);
  for (const std::uint64_t requests : result->requests_per_connection) EXPECT_LE(requests, 12U);
  EXPECT_EQ(error_count(result->tally), 0U) << result->tally.first_fault;
}

// The numbers of requests that connections carried from beginning to end.
std::map<std::uint32_t, std::uint64_t> carried(LoadOptions options, LoadResult& result) {
  std::mutex mutex;
  std::map<std::uint32_t, std::uint64_t> by_peer;
  {
    const ScriptedServer server([&](Peer& peer) {
      while (peer.await_target()) {
        {
          const std::scoped_lock lock(mutex);
          ++by_peer[peer.number()];
        }
        if (!peer.send(response("ok"))) return;
      }
    });
    options.url = server.url();
    const auto found = run_quietly(options);
    result.tally.requests = found->tally.requests;
    result.tally.faults = found->tally.faults;
    result.renewals = found->renewals;
    result.reconnects = found->reconnects;
    result.connections_open = found->connections_open;
  }
  return by_peer;
}

TEST(Churn, RenewsAConnectionAfterItsRequests) {
  LoadOptions options;
  options.connections = 2;
  options.warmup_ns = 0;
  options.duration_ns = 100 * kMillisecond;
  options.pipeline = 3;
  options.requests_per_connection = 50;
  for (const Mode mode : {Mode::batch, Mode::window}) {
    options.mode = mode;
    LoadResult result;
    const auto by_peer = carried(options, result);
    int unfinished = 0;
    for (const auto& [peer, requests] : by_peer) {
      EXPECT_LE(requests, 50U) << "connection " << peer;
      unfinished += requests < 50 ? 1 : 0;
    }
    EXPECT_LE(unfinished, 2) << "only the last two may have been cut short";
    EXPECT_EQ(error_count(result.tally), 0U);
    EXPECT_EQ(result.reconnects, 0U) << "a renewal is none";
    EXPECT_EQ(result.connections_open, 2U) << "one on its way back counts as open";
    EXPECT_GE(result.renewals + 2, by_peer.size() - 2);
  }
}

TEST(Churn, LosesNoArrivalOfAnOpenLoop) {
  LoadOptions options;
  options.warmup_ns = 0;
  options.connections = 1;
  options.arrival = Arrival::fixed;
  options.rate_rps = 1'000;
  options.duration_ns = 100 * kMillisecond;
  options.requests_per_connection = 10;
  LoadResult result;
  const auto by_peer = carried(options, result);
  EXPECT_EQ(error_count(result.tally), 0U);
  std::uint64_t sum = 0;
  for (const auto& [peer, requests] : by_peer) sum += requests;
  EXPECT_EQ(sum, 99U);
  EXPECT_GE(by_peer.size(), 10U);
}

TEST(Ramp, SpreadsTheConnectionsAndTheLoadWaitsForAll) {
  const ScriptedServer server([](Peer& peer) { answer_batches(peer, 1); });
  LoadOptions options = options_for(server);
  options.connections = 5;
  options.threads = 2;
  options.ramp_ns = 200 * kMillisecond;
  const Nanos start_ns = monotonic_ns();
  Nanos connected_ns = 0;
  const auto result = run_load(options, [&connected_ns](std::string_view phase) {
    if (phase == "connected") connected_ns = monotonic_ns();
  });
  // The slower thread has three connections, at 0, 1/3 and 2/3 of the ramp.
  EXPECT_GE(connected_ns - start_ns, 130 * kMillisecond);
  EXPECT_EQ(result->connections_open, 5U);
}

TEST(Body, MakesARequestAPost) {
  const Url url = parse_url("http://a/echo");
  EXPECT_EQ(make_request(url, {"K: V"}, "four"),
            "POST /echo HTTP/1.1\r\nHost: a\r\nK: V\r\nContent-Length: 4\r\n\r\nfour");
}

}  // namespace
}  // namespace etude::load
