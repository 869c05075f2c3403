// Goal: against a server whose delays are known, closed and open loop report what theory says.
// Method: the server holds its answers back by the clock. What theory gives is a bound from below,
// which a busy machine can only raise; bounds from above are generous.

#include <gtest/gtest.h>

#include <atomic>

#include "experiments/load/run.h"
#include "tests/load/scripted_server.h"

namespace etude::load {
namespace {

LoadOptions options_for(const ScriptedServer& server) {
  LoadOptions options;
  options.url = server.url();
  options.connections = 1;
  options.warmup_ns = 0;
  return options;
}

std::unique_ptr<LoadResult> run_quietly(const LoadOptions& options) {
  return run_load(options, [](std::string_view) {});
}

// How many samples are `bound_ns` long or longer, to a bucket.
std::uint64_t count_from(const Histogram& histogram, Nanos bound_ns) {
  std::uint64_t sum = 0;
  histogram.for_each([&](Nanos, Nanos upper_ns, std::uint64_t count) {
    if (upper_ns >= bound_ns) sum += count;
  });
  return sum;
}

TEST(Theory, AFixedDelayIsEveryLatencyAndBoundsTheRate) {
  constexpr Nanos kDelay_ns = 10 * kMillisecond;
  const ScriptedServer server([](Peer& peer) {
    while (peer.await_requests(1) && peer.stall(kDelay_ns) && peer.send(response("ok"))) {
    }
  });
  LoadOptions options = options_for(server);
  options.connections = 4;
  options.duration_ns = 300 * kMillisecond;
  const auto result = run_quietly(options);
  ASSERT_GT(result->tally.requests, 0U);
  EXPECT_EQ(count_from(result->tally.lat_req, kDelay_ns), result->tally.requests);
  EXPECT_LE(result->tally.requests, 4 * 30U);  // N / R, by Little's law
  EXPECT_LT(little_error(*result), 0.25) << "the ends of so short a time are all that is left out";
}

// Each tenth request of a connection takes 40 ms more.
TEST(Theory, ABimodalDelayIsSeenInItsShareOfRequests) {
  constexpr Nanos kLong_ns = 40 * kMillisecond;
  const ScriptedServer server([](Peer& peer) {
    for (std::uint32_t n = 1; peer.await_requests(1); ++n) {
      if (n % 10 == 0 && !peer.stall(kLong_ns)) return;
      if (!peer.send(response("ok"))) return;
    }
  });
  LoadOptions options = options_for(server);
  options.duration_ns = 500 * kMillisecond;
  const auto result = run_quietly(options);
  const Tally& tally = result->tally;
  EXPECT_GE(count_from(tally.lat_req, kLong_ns), tally.requests / 10);
  EXPECT_LT(tally.lat_req.quantile_ns(0.5), kLong_ns);
  EXPECT_LE(tally.requests, 10 * (1 + options.duration_ns / kLong_ns));
}

// One stall of 500 ms in the second half of which half of the arrivals wait for more than 250 ms,
// whoever sends them; a closed loop has sent one request and waits.
ScriptedServer::Script stalls_once(std::atomic<std::uint32_t>& requests, std::uint32_t at) {
  return [&requests, at](Peer& peer) {
    while (peer.await_requests(1)) {
      if (++requests == at && !peer.stall(500 * kMillisecond)) return;
      if (!peer.send(response("ok"))) return;
    }
  };
}

TEST(Theory, AnOpenLoopSeesTheShadowOfAStallAndAClosedLoopDoesNot) {
  constexpr std::uint32_t kAt = 100;
  std::atomic<std::uint32_t> requests{0};
  {
    const ScriptedServer server(stalls_once(requests, kAt));
    LoadOptions options = options_for(server);
    options.arrival = Arrival::fixed;
    options.rate_rps = 1'000;
    options.duration_ns = kSecond;
    const auto result = run_quietly(options);
    const Histogram& intended = result->tally.lat_intended;
    ASSERT_EQ(intended.count(), 999U);
    // The arrival t after the stall began waits for 500 ms - t: one a millisecond.
    EXPECT_GE(count_from(intended, 400 * kMillisecond), 99U);
    EXPECT_GE(count_from(intended, 250 * kMillisecond), 249U);
    EXPECT_GE(count_from(intended, 50 * kMillisecond), 449U);
    EXPECT_LE(count_from(intended, 250 * kMillisecond), 750U);
    // The second longest of 999, computed: 499 ms.
    EXPECT_GE(intended.quantile_ns(0.999), 498 * kMillisecond);
    EXPECT_EQ(error_count(result->tally), 0U) << result->tally.first_fault;
  }
  requests = 0;
  const ScriptedServer server(stalls_once(requests, kAt));
  LoadOptions options = options_for(server);
  options.duration_ns = kSecond;
  const auto result = run_quietly(options);
  EXPECT_GE(result->tally.lat_req.max_ns(), 500 * kMillisecond);
  EXPECT_LE(count_from(result->tally.lat_req, 250 * kMillisecond), 3U);
}

}  // namespace
}  // namespace etude::load
