// Goal: a mix asks for each path by its weight, the same ones in every run with the same seed, and
// what runs beside the load is in none of its figures.
// Numbers in a path are drawn in the same way.
// Method: tapes are looked at as they are made; servers note what they were really asked for.

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include "core/failure.h"
#include "experiments/load/path_template.h"
#include "experiments/load/report.h"
#include "experiments/load/run.h"
#include "experiments/load/workload.h"
#include "tests/load/scripted_server.h"

namespace etude::load {
namespace {

// What clients asked for, connection by connection, in order.
class Asked {
 public:
  ScriptedServer::Script script() {
    return [this](Peer& peer) {
      while (const auto target = peer.await_target()) {
        {
          const std::scoped_lock lock(mutex_);
          by_peer_[peer.number()].push_back(*target);
        }
        if (!peer.send(response("ok"))) return;
      }
    };
  }

  // Requires: the server is gone.
  const std::map<std::uint32_t, std::vector<std::string>>& by_peer() const { return by_peer_; }
  std::uint64_t count(std::string_view target) const {
    std::uint64_t sum = 0;
    for (const auto& [peer, targets] : by_peer_) {
      sum += static_cast<std::uint64_t>(std::count(targets.begin(), targets.end(), target));
    }
    return sum;
  }

 private:
  std::mutex mutex_;
  std::map<std::uint32_t, std::vector<std::string>> by_peer_;
};

LoadOptions mixed() {
  LoadOptions options;
  options.connections = 2;
  options.warmup_ns = 0;
  options.duration_ns = 150 * kMillisecond;
  options.mix = {{.weight = 1, .path = "/a"}, {.weight = 3, .path = "/b"}};
  return options;
}

// Runs `options` against a server that notes all, and puts its URL in.
std::unique_ptr<LoadResult> run_against(Asked& asked, LoadOptions options) {
  const ScriptedServer server(asked.script());
  options.url = server.url();
  return run_load(options, [](std::string_view) {});
}

std::vector<std::string> targets_on(const RequestTape& tape) {
  std::vector<std::string> targets;
  for (std::uint32_t i = 0; i < tape.period(); ++i) {
    const std::string_view request = tape.bytes(tape.offset(i), tape.offset(i + 1));
    targets.emplace_back(request.substr(4, request.find(' ', 4) - 4));
  }
  return targets;
}

TEST(Mix, DrawsEachPathByItsWeight) {
  LoadOptions options = mixed();
  options.mix.push_back({.weight = 0.5, .path = "/c"});
  const RequestTape tape = make_tape(parse_url("http://a/"), options);
  ASSERT_EQ(tape.period(), kDrawnRequests);
  std::vector<double> counts(options.mix.size());
  const std::vector<std::string> targets = targets_on(tape);
  for (std::uint32_t i = 0; i < tape.period(); ++i) {
    const std::uint8_t route = tape.route(i);
    ASSERT_EQ(targets[i], options.mix[route].path);
    ++counts[route];
  }
  for (std::size_t route = 0; route < counts.size(); ++route) {
    const double share = options.mix[route].weight / 4.5;
    const double deviation = std::sqrt(kDrawnRequests * share * (1 - share));
    EXPECT_NEAR(counts[route], kDrawnRequests * share, 4 * deviation) << options.mix[route].path;
  }
}

TEST(Mix, IsTheSameForOneSeedAndAnotherForAnother) {
  const Url url = parse_url("http://a/");
  LoadOptions options = mixed();
  const auto first = targets_on(make_tape(url, options));
  EXPECT_EQ(targets_on(make_tape(url, options)), first);
  options.seed = 2;
  EXPECT_NE(targets_on(make_tape(url, options)), first);
}

TEST(PathTemplate, PutsADrawIntoEveryHole) {
  Rng rng(1);
  EXPECT_EQ(PathTemplate("/a?us={fixed:5}&n={round:fixed:7}x").render(rng), "/a?us=5.000&n=7x");
  EXPECT_FALSE(PathTemplate("/a").is_drawn());
  const std::string one = PathTemplate("{exp:5}").render(rng);
  EXPECT_NE(PathTemplate("{exp:5}").render(rng), one);
  for (const char* text : {"/{", "/{}", "/{exp}", "/{exp:}", "/{exp:5", "/{exp:-1}", "/{exp:5,1}",
                           "/{exp:2e6}", "/{id}", "/{round:}", "/{uniform:2,1}", "/a{exp:1}{x}"}) {
    EXPECT_THROW(PathTemplate{text}, Error) << text;
  }
}

TEST(DrawnPath, IsTheSameSequenceForOneSeedAndOtherwiseInEachRoute) {
  const Url url = parse_url("http://a/spin?us={exp:5}");
  LoadOptions options;
  const auto first = targets_on(make_tape(url, options));
  ASSERT_EQ(first.size(), kDrawnRequests);
  EXPECT_EQ(targets_on(make_tape(url, options)), first);
  EXPECT_NE(targets_on(make_beside_tape(url, options)), first);
  options.seed = 2;
  EXPECT_NE(targets_on(make_tape(url, options)), first);

  options.mix = {{.weight = 1, .path = "/a{exp:5}"}, {.weight = 1, .path = "/b{exp:5}"}};
  const RequestTape tape = make_tape(url, options);
  std::array<std::vector<std::string>, 2> values;
  const std::vector<std::string> targets = targets_on(tape);
  for (std::uint32_t i = 0; i < tape.period(); ++i) {
    values[tape.route(i)].push_back(targets[i].substr(2));
  }
  values[0].resize(100);
  values[1].resize(100);
  EXPECT_NE(values[0], values[1]);
}

TEST(DrawnPath, KeepsALongTapeShort) {
  LoadOptions options;
  options.headers = {"X-Padding: " + std::string(1 << 20U, 'x')};
  const RequestTape tape = make_tape(parse_url("http://a/{exp:5}"), options);
  EXPECT_LE(tape.period_bytes(), 65U << 20U);
  EXPECT_GT(tape.period(), 50U);
}

TEST(Mix, IsAskedForAsItStandsOnTheTapeAndCountedByRoute) {
  for (const std::uint32_t pipeline : {1U, 4U}) {
    for (const Mode mode : {Mode::batch, Mode::window}) {
      LoadOptions options = mixed();
      options.pipeline = pipeline;
      options.mode = mode;
      Asked asked;
      const auto result = run_against(asked, options);
      const RequestTape tape = make_tape(parse_url("http://a/"), options);
      const auto targets = targets_on(tape);
      std::vector<std::uint32_t> begins;
      for (std::uint32_t number = 0; number < options.connections; ++number) {
        begins.push_back(first_position(tape, options.seed, number));
      }
      EXPECT_NE(begins[0], begins[1]) << "connections do not ask in step";
      for (const auto& [peer, seen] : asked.by_peer()) {
        const auto follows = [&](std::uint32_t begin) {
          for (std::size_t i = 0; i < seen.size(); ++i) {
            if (seen[i] != targets[(begin + i) % tape.period()]) return false;
          }
          return true;
        };
        EXPECT_TRUE(std::any_of(begins.begin(), begins.end(), follows)) << "peer " << peer;
      }
      ASSERT_EQ(result->tally.routes.size(), 2U);
      const std::uint64_t a = result->tally.routes[0].lat_req.count();
      const std::uint64_t b = result->tally.routes[1].lat_req.count();
      EXPECT_EQ(a + b, result->tally.requests);
      EXPECT_GT(result->tally.requests, 0U);
      EXPECT_LE(a, asked.count("/a"));
      EXPECT_LE(b, asked.count("/b"));
      EXPECT_EQ(error_count(result->tally), 0U) << result->tally.first_fault;
    }
  }
}

// Goal: in open loop the n-th arrival asks for the same, whatever connection it goes to. Method:
// 1 ms gaps make 99 arrivals in 100 ms; the multiset of what was asked for is that of the tape.
TEST(Mix, BelongsToTheArrivalsOfAnOpenLoop) {
  for (const std::uint32_t threads : {1U, 3U}) {
    LoadOptions options = mixed();
    options.threads = threads;
    options.connections = 3;
    options.pipeline = 5;
    options.arrival = Arrival::fixed;
    options.rate_rps = 1'000;
    options.duration_ns = 100 * kMillisecond;
    Asked asked;
    const auto result = run_against(asked, options);
    const auto targets = targets_on(make_tape(parse_url("http://a/"), options));
    const auto a = std::count(targets.begin(), targets.begin() + 99, "/a");
    EXPECT_EQ(asked.count("/a"), static_cast<std::uint64_t>(a)) << threads << " threads";
    EXPECT_EQ(asked.count("/b"), static_cast<std::uint64_t>(99 - a)) << threads << " threads";
    EXPECT_EQ(result->tally.routes[0].lat_intended.count(), static_cast<std::uint64_t>(a));
    EXPECT_EQ(error_count(result->tally), 0U) << result->tally.first_fault;
  }
}

TEST(Beside, IsAskedForAndInNoFigureOfTheLoad) {
  for (const Arrival arrival : {Arrival::closed, Arrival::fixed}) {
    LoadOptions options = mixed();
    options.mix.clear();
    options.threads = 2;
    options.pipeline = 3;
    options.arrival = arrival;
    options.rate_rps = 1'000;
    options.expect_body = "ok";
    options.beside_path = "/beside";
    options.beside_connections = 3;
    Asked asked;
    const auto result = run_against(asked, options);
    EXPECT_GT(result->beside.requests, 0U);
    EXPECT_LE(result->beside.requests, asked.count("/beside"));
    EXPECT_LE(result->tally.requests, asked.count("/"));
    EXPECT_GT(result->tally.requests, 0U);
    EXPECT_EQ(result->requests_per_connection.size(), 2U);
    std::uint64_t over_connections = 0;
    for (const std::uint64_t requests : result->requests_per_connection) {
      over_connections += requests;
    }
    EXPECT_EQ(over_connections, result->tally.requests);
    EXPECT_EQ(result->connections_open, 2U);
    EXPECT_EQ(asked.by_peer().size(), 5U);
    EXPECT_EQ(error_count(result->tally) + error_count(result->beside), 0U);
    EXPECT_NE(to_json(*result).find(R"("path": "/beside")"), std::string::npos);
  }
}

// The server closes what asks for /beside once, without an answer, and never answers it again.
TEST(Beside, KeepsItsErrorsToItself) {
  std::atomic<bool> closed_once = false;
  const ScriptedServer server([&closed_once](Peer& peer) {
    while (const auto target = peer.await_target()) {
      if (*target == "/beside") {
        if (!closed_once.exchange(true)) return;
        continue;
      }
      if (!peer.send(response("ok"))) return;
    }
  });
  LoadOptions options = mixed();
  options.url = server.url();
  options.beside_path = "/beside";
  options.beside_connections = 2;
  options.timeout_ns = 2 * kSecond;  // far above what the others ever take
  options.duration_ns = 50 * kMillisecond;
  const auto result = run_load(options, [](std::string_view) {});
  EXPECT_EQ(error_count(result->tally), 0U) << result->tally.first_fault;
  EXPECT_EQ(result->reconnects, 0U);
  EXPECT_EQ(result->beside.requests, 0U);
  // One was closed, the other had no answer; the first may have asked once more.
  EXPECT_GE(error_count(result->beside), 2U);
}

}  // namespace
}  // namespace etude::load
