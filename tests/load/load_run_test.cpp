// Goal: what the load reports is what really went over the wire, whatever a server does.
// Method: scripted servers misbehave on their first connection, once, and behave on all others, so
// that every fault has an exact count.

#include <gtest/gtest.h>

#include <latch>

#include "experiments/load/run.h"
#include "tests/load/scripted_server.h"

namespace etude::load {
namespace {

LoadOptions options_for(const ScriptedServer& server) {
  LoadOptions options;
  options.url = server.url();
  options.connections = 2;
  options.warmup_ns = 0;
  options.duration_ns = 150 * kMillisecond;
  return options;
}

std::unique_ptr<LoadResult> run_quietly(const LoadOptions& options) {
  return run_load(options, [](std::string_view) {});
}

std::uint64_t count_of(const LoadResult& result, Fault kind) {
  return result.tally.faults[static_cast<std::size_t>(kind)];
}

// The first connection does `once`; whatever comes later is answered well.
ScriptedServer::Script first_one(ScriptedServer::Script once, std::uint32_t pipeline = 1) {
  return [once = std::move(once), pipeline](Peer& peer) {
    peer.number() == 0 ? once(peer) : answer_batches(peer, pipeline);
  };
}

TEST(Load, CountsAsManyRequestsAsBatchesHold) {
  const ScriptedServer server([](Peer& peer) { answer_batches(peer, 4); });
  LoadOptions options = options_for(server);
  options.pipeline = 4;
  options.connections = 5;
  options.threads = 2;
  options.expect_body = "ok";
  const auto result = run_quietly(options);

  EXPECT_EQ(error_count(result->tally), 0U) << result->tally.first_fault;
  EXPECT_GT(result->tally.requests, 0U);
  EXPECT_EQ(result->tally.requests, 4 * result->tally.lat_batch.count());
  EXPECT_EQ(result->tally.requests, result->tally.lat_req.count());
  EXPECT_EQ(result->tally.bytes, result->tally.requests * response("ok").size());
  EXPECT_EQ(result->connections_open, 5U);
  std::uint64_t in_windows = 0;
  for (const Window& window : result->tally.windows) in_windows += window.requests;
  EXPECT_EQ(in_windows, result->tally.requests);
  std::uint64_t over_connections = 0;
  for (const std::uint64_t requests : result->requests_per_connection) {
    over_connections += requests;
  }
  EXPECT_EQ(over_connections, result->tally.requests);
  EXPECT_EQ(result->requests_per_connection.size(), 5U);
}

TEST(Load, TellsThePhasesInOrder) {
  const ScriptedServer server([](Peer& peer) { answer_batches(peer, 1); });
  std::vector<std::string> phases;
  run_load(options_for(server), [&phases](std::string_view phase) { phases.emplace_back(phase); });
  EXPECT_EQ(phases, (std::vector<std::string>{"connected", "warm", "measure", "measured", "done"}));
}

TEST(Load, CountsARequestLostToAClosingServerAndReconnects) {
  const ScriptedServer server(first_one([](Peer& peer) {
    peer.await_requests(1);
    peer.send("HTTP/1.1 200 OK\r\nContent-Le");  // half a response, then it closes
  }));
  const auto result = run_quietly(options_for(server));
  EXPECT_EQ(count_of(*result, Fault::read), 1U) << result->tally.first_fault;
  EXPECT_EQ(error_count(result->tally), 1U);
  EXPECT_EQ(result->reconnects, 1U);
  EXPECT_EQ(result->connections_open, 2U);
  EXPECT_GT(result->tally.requests, 0U);
}

TEST(Load, CountsEveryUnansweredRequestOfALostBatch) {
  constexpr std::uint32_t kPipeline = 8;
  const ScriptedServer server(first_one(
      [](Peer& peer) {
        peer.await_requests(kPipeline);
        peer.send(repeated(response("ok"), 3));
      },
      kPipeline));
  LoadOptions options = options_for(server);
  options.pipeline = kPipeline;
  const auto result = run_quietly(options);
  EXPECT_EQ(count_of(*result, Fault::read), 5U);
  EXPECT_EQ(error_count(result->tally), 5U);
  // The three that came count as requests; their batch never ended.
  EXPECT_EQ(result->tally.requests, kPipeline * result->tally.lat_batch.count() + 3);
}

TEST(Load, TakesAnAnnouncedCloseForNoFault) {
  const ScriptedServer server(first_one([](Peer& peer) {
    peer.await_requests(1);
    peer.send(response("ok", "Connection: close\r\n"));
  }));
  const auto result = run_quietly(options_for(server));
  EXPECT_EQ(error_count(result->tally), 0U) << result->tally.first_fault;
  EXPECT_EQ(result->reconnects, 1U);
}

TEST(Load, CountsAWrongBody) {
  const ScriptedServer server(first_one([](Peer& peer) {
    peer.await_requests(1);
    peer.send(response("no"));
    answer_batches(peer, 1);
  }));
  LoadOptions options = options_for(server);
  options.expect_body = "ok";
  const auto result = run_quietly(options);
  EXPECT_EQ(count_of(*result, Fault::body), 1U);
  EXPECT_EQ(error_count(result->tally), 1U);
}

TEST(Load, CountsABadStatus) {
  const ScriptedServer server(first_one([](Peer& peer) {
    peer.await_requests(1);
    peer.send("HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n");
    answer_batches(peer, 1);
  }));
  const auto result = run_quietly(options_for(server));
  EXPECT_EQ(count_of(*result, Fault::status), 1U);
  EXPECT_EQ(error_count(result->tally), 1U);
}

TEST(Load, CountsWhatIsNoHttp) {
  const ScriptedServer server(first_one([](Peer& peer) {
    peer.await_requests(1);
    peer.send("220 ready\r\n\r\n");
    peer.await_requests(1);  // stays open: the client must not wait for more
  }));
  const auto result = run_quietly(options_for(server));
  EXPECT_EQ(count_of(*result, Fault::read), 1U);
  EXPECT_EQ(error_count(result->tally), 1U);
}

TEST(Load, CountsAResponseThatNobodyAskedFor) {
  const ScriptedServer server(first_one([](Peer& peer) {
    peer.await_requests(1);
    peer.send(repeated(response("ok"), 2));
    peer.await_requests(2);
  }));
  const auto result = run_quietly(options_for(server));
  EXPECT_EQ(count_of(*result, Fault::read), 1U) << result->tally.first_fault;
}

TEST(Load, GivesUpARequestThatIsNeverAnswered) {
  const ScriptedServer server(first_one([](Peer& peer) { peer.await_requests(1'000'000); }, 3));
  LoadOptions options = options_for(server);
  options.pipeline = 3;
  options.timeout_ns = 3 * kSecond;  // far above what the behaving connections ever take
  options.duration_ns = 10 * kMillisecond;
  const auto result = run_quietly(options);
  EXPECT_EQ(count_of(*result, Fault::timeout), 3U);
  EXPECT_EQ(error_count(result->tally), 3U);
}

TEST(Load, ReconnectsAfterATimeOutAndGoesOn) {
  const ScriptedServer server(first_one([](Peer& peer) { peer.await_requests(1'000'000); }));
  LoadOptions options = options_for(server);
  options.connections = 1;
  options.timeout_ns = 400 * kMillisecond;
  options.duration_ns = kSecond;
  const auto result = run_quietly(options);
  EXPECT_GE(count_of(*result, Fault::timeout), 1U);
  EXPECT_GE(result->reconnects, 1U);
  EXPECT_GT(result->tally.requests, 0U);
}

// Goal: a window stays full. Method: the server answers one request only once the next has come
// behind the `pipeline` it holds; a client that waited for its batch would wait for ever.
TEST(Load, KeepsAWindowFull) {
  constexpr std::uint32_t kPipeline = 4;
  const ScriptedServer server([](Peer& peer) {
    peer.await_requests(kPipeline);
    do {
      peer.send(response("ok"));
    } while (peer.await_requests(1));
  });
  LoadOptions options = options_for(server);
  options.mode = Mode::window;
  options.pipeline = kPipeline;
  options.connections = 1;
  options.timeout_ns = kSecond;
  const auto result = run_quietly(options);
  EXPECT_GT(result->tally.requests, kPipeline);
  EXPECT_EQ(result->tally.lat_batch.count(), 0U) << "a window has no batches";
}

TEST(Load, ReportsAServerThatNobodyCanConnectTo) {
  std::string url;
  {
    const ScriptedServer server([](Peer&) {});
    url = server.url();
  }
  LoadOptions options;
  options.url = url;
  const auto result = run_quietly(options);
  EXPECT_NE(result->failure.find("refused"), std::string::npos) << result->failure;
}

TEST(Load, KeepsItsCountWhenTheSocketTakesABatchInPieces) {
  constexpr std::uint32_t kPipeline = 1'000;
  for (const Mode mode : {Mode::batch, Mode::window}) {
    const ScriptedServer server([](Peer& peer) { answer_batches(peer, kPipeline); });
    LoadOptions options = options_for(server);
    options.pipeline = kPipeline;
    options.mode = mode;
    options.headers = {"X-Padding: " + std::string(8'000, 'x')};  // 8 MB, more than a socket takes
    const auto result = run_quietly(options);
    EXPECT_EQ(error_count(result->tally), 0U) << result->tally.first_fault;
    EXPECT_EQ(result->connections_open, 2U);
    if (mode == Mode::batch) {
      EXPECT_EQ(result->tally.lat_batch.count(), result->tally.requests / kPipeline);
    }
  }
}

TEST(Load, ReadsResponsesThatComeByteByByte) {
  const ScriptedServer server([](Peer& peer) {
    const std::string answer = repeated(response("segmented"), 2);
    while (peer.await_requests(2)) {
      for (const char c : answer) {
        if (!peer.send({&c, 1})) return;
      }
    }
  });
  LoadOptions options = options_for(server);
  options.pipeline = 2;
  options.expect_body = "segmented";
  const auto result = run_quietly(options);
  EXPECT_EQ(error_count(result->tally), 0U) << result->tally.first_fault;
  EXPECT_GT(result->tally.requests, 0U);
}

// A fixed schedule has 1 ms gaps: 99 arrivals lie inside (0, 100 ms), however busy the machine is.
LoadOptions open_loop_for(const ScriptedServer& server) {
  LoadOptions options = options_for(server);
  options.connections = 1;
  options.arrival = Arrival::fixed;
  options.rate_rps = 1'000;
  options.duration_ns = 100 * kMillisecond;
  return options;
}

TEST(OpenLoop, AnswersEveryRequestThatTheScheduleWanted) {
  for (const std::uint32_t threads : {1U, 3U}) {
    const ScriptedServer server([](Peer& peer) { answer_batches(peer, 1); });
    LoadOptions options = open_loop_for(server);
    options.threads = threads;
    options.connections = 6;
    const auto result = run_quietly(options);
    EXPECT_EQ(result->tally.lat_intended.count(), 99U) << threads << " threads";
    EXPECT_EQ(result->tally.send_lag.count(), 99U) << threads << " threads";
    EXPECT_EQ(error_count(result->tally), 0U) << result->tally.first_fault;
  }
}

// No coordinated omission. The server answers nothing until the measured time is over: what is due
// at t ms has waited for 100 - t ms, sent or not. A closed loop has one sample of such a stall.
TEST(OpenLoop, SeesTheWholeShadowOfAStall) {
  std::latch measured(1);
  const ScriptedServer server([&measured](Peer& peer) {
    measured.wait();
    answer_batches(peer, 1);
  });
  const auto result = run_load(open_loop_for(server), [&measured](std::string_view phase) {
    if (phase == "measured") measured.count_down();
  });
  EXPECT_EQ(result->tally.lat_intended.count(), 99U);
  EXPECT_GE(result->tally.lat_intended.quantile_ns(1.0), 99 * kMillisecond);
  EXPECT_GE(result->tally.lat_intended.quantile_ns(0.5), 50 * kMillisecond);
  // The first was sent on time; the others waited for the only connection.
  const Histogram& wait = result->tally.population_wait;
  const double waited_ns = wait.mean_ns() * static_cast<double>(wait.count()) / 99;
  EXPECT_GE(result->tally.send_lag.mean_ns() + waited_ns, 48e6);
  EXPECT_EQ(error_count(result->tally), 0U) << result->tally.first_fault;
}

TEST(OpenLoop, CountsWhatIsStillUnansweredWhenTheDrainEnds) {
  const ScriptedServer server([](Peer& peer) { peer.await_requests(1'000'000); });
  LoadOptions options = open_loop_for(server);
  options.timeout_ns = 150 * kMillisecond;
  const auto result = run_quietly(options);
  EXPECT_EQ(count_of(*result, Fault::timeout), 99U);
  EXPECT_EQ(result->tally.lat_intended.count(), 0U);
}

}  // namespace
}  // namespace etude::load
