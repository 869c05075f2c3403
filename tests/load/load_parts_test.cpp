// The small parts of the load: URL, options, tape, log, connect queue, report.

#include <gtest/gtest.h>
#include <netdb.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "core/failure.h"
#include "core/random.h"
#include "experiments/load/connect_queue.h"
#include "experiments/load/report.h"
#include "experiments/load/sent_log.h"
#include "experiments/load/workload.h"
#include "experiments/subjects/blank_lines.h"
#include "tests/load/scripted_server.h"

namespace etude::load {
namespace {

TEST(Url, IsTakenApart) {
  const Url url = parse_url("http://example.org:8080/json?x=1#here");
  EXPECT_EQ(url.host, "example.org");
  EXPECT_EQ(url.port, "8080");
  EXPECT_EQ(url.authority, "example.org:8080");
  EXPECT_EQ(url.target, "/json?x=1");
  EXPECT_EQ(parse_url("http://[::1]:81").host, "::1");
  EXPECT_EQ(parse_url("http://[::1]:81").port, "81");
  EXPECT_EQ(parse_url("http://a").port, "80");
  EXPECT_EQ(parse_url("http://a?q").target, "/?q");
}

TEST(Url, IsRefusedWhenItCannotBeLoaded) {
  for (const char* text : {"https://a/",
                           "a:80",
                           "http://",
                           "http://:80/",
                           "http://a:0/",
                           "http://a:65536/",
                           "http://a:x/",
                           "http://a/ b",
                           "http://u@a/",
                           "http://a/\r\nX: y",
                           "http://u:p@a/",
                           "http://u:p@a:80/",
                           "http://a:80:81/",
                           "http://::1/",
                           "http://[::1/",
                           "http://[::1]x/",
                           "http://[]/",
                           "http://a:+80/",
                           "http://a:999999999999/",
                           "HTTPS://a/",
                           "http//a",
                           "http://a/\x7f"}) {
    EXPECT_THROW(parse_url(text), Error) << text;
  }
}

TEST(Url, IsReadWithTheFreedomsOfItsGrammar) {
  EXPECT_EQ(parse_url("HTTP://a:81/B").port, "81");
  EXPECT_EQ(parse_url("HtTp://a/B").target, "/B");
  EXPECT_EQ(parse_url("http://a:/").port, "80") << "an empty port is the scheme's own";
  EXPECT_EQ(parse_url("http://[::1]").port, "80");
  EXPECT_EQ(parse_url("http://[::1]:/").port, "80");
  EXPECT_EQ(parse_url("http://a:0081/").port, "0081");
  EXPECT_EQ(parse_url("http://a/b@c:d").host, "a") << "only an authority holds a user";
}

TEST(Url, DoesNotRepeatAPassword) {
  try {
    parse_url("http://user:secret@a:81/");
    FAIL() << "a user in the URL is refused";
  } catch (const Error& error) {
    EXPECT_EQ(std::string(error.what()).find("secret"), std::string::npos) << error.what();
    EXPECT_NE(std::string(error.what()).find("Authorization"), std::string::npos) << error.what();
  }
}

TEST(Addresses, AreTriedInTheirOrder) {
  ScriptedServer server([](Peer&) {});
  const std::string port = parse_url(server.url()).port;
  const Address open = resolve(parse_url("http://127.0.0.1:" + port)).front();
  const Address shut = resolve(parse_url("http://127.0.0.1:1")).front();  // tcpmux: nobody's
  const Address v6 = resolve(parse_url("http://[::1]:" + port)).front();
  std::string problem;
  EXPECT_EQ(name_of(first_reachable({v6, shut, open}, kSecond, problem).value()), name_of(open));
  EXPECT_NE(problem.find("[::1]:" + port), std::string::npos) << problem;
  EXPECT_NE(problem.find("127.0.0.1:1: "), std::string::npos) << problem;
  EXPECT_EQ(name_of(first_reachable({open, v6}, kSecond, problem).value()), name_of(open));
  EXPECT_FALSE(first_reachable({v6, shut}, kSecond, problem));
  EXPECT_EQ(name_of(first_reachable({shut}, kSecond, problem).value()), name_of(shut))
      << "a sole address is the load's own affair";
}

std::string source_text(const std::string& url, std::uint32_t number) {
  const auto source = source_for(resolve(parse_url(url)).front(), number);
  if (!source) return "any";
  char text[64];
  getnameinfo(reinterpret_cast<const sockaddr*>(&source->storage), source->bytes, text, sizeof text,
              nullptr, 0, NI_NUMERICHOST);
  return text;
}

TEST(Source, ChangesEvery8192ConnectionsOnTheLoopbackOnly) {
  EXPECT_EQ(source_text("http://127.0.0.1:80/", 8'191), "any");
  EXPECT_EQ(source_text("http://127.0.0.1:80/", 8'192), "127.0.0.2");
  EXPECT_EQ(source_text("http://127.0.0.1:80/", 16'384), "127.0.0.3");
  EXPECT_EQ(source_text("http://192.0.2.1:80/", 16'384), "any");
  EXPECT_EQ(source_text("http://[::1]:80/", 16'384), "any");
}

TEST(Options, AreRefusedWhenTheyCannotBeRunTogether) {
  const LoadOptions good;
  EXPECT_NO_THROW(check(good));
  const auto refuses = [&good](auto change) {
    LoadOptions options = good;
    change(options);
    EXPECT_THROW(check(options), Error);
  };
  refuses([](LoadOptions& options) { options.connections = 0; });
  refuses([](LoadOptions& options) { options.threads = 0; });
  refuses([](LoadOptions& options) { options.threads = 11; });
  refuses([](LoadOptions& options) { options.pipeline = 0; });
  refuses([](LoadOptions& options) { options.pipeline = 5'000; });
  refuses([](LoadOptions& options) { options.duration_ns = 0; });
  refuses([](LoadOptions& options) { options.timeout_ns = 0; });
  refuses([](LoadOptions& options) { options.timeout_ns = 3'601 * kSecond; });
  refuses([](LoadOptions& options) { options.expect_statuses = {100}; });
  refuses([](LoadOptions& options) { options.expect_statuses = {200, 600}; });
  refuses([](LoadOptions& options) { options.arrival = Arrival::fixed; });
  refuses([](LoadOptions& options) { options.headers = {"no colon"}; });
  refuses([](LoadOptions& options) { options.mix = {{.weight = 0, .path = "/a"}}; });
  refuses([](LoadOptions& options) { options.mix = {{.weight = 1, .path = "a"}}; });
  refuses([](LoadOptions& options) { options.mix.resize(65, {.weight = 1, .path = "/a"}); });
  refuses([](LoadOptions& options) { options.beside_path = "/a"; });
  refuses([](LoadOptions& options) { options.beside_connections = 1; });
  refuses([](LoadOptions& options) { options.headers = {"a: b\r\nc: d"}; });
}

TEST(Request, HasAHostUnlessTheUserGaveOne) {
  const Url url = parse_url("http://a:81/x");
  EXPECT_EQ(make_request(url, {"K: V"}), "GET /x HTTP/1.1\r\nHost: a:81\r\nK: V\r\n\r\n");
  EXPECT_EQ(make_request(url, {"host: b"}), "GET /x HTTP/1.1\r\nhost: b\r\n\r\n");
}

TEST(RequestTape, HoldsEveryRunOfTheCycleInOnePiece) {
  const std::vector<std::string> cycle = {"a", "bb", "ccc"};
  constexpr std::uint32_t kRunMax = 5;
  const RequestTape tape(cycle, kRunMax);
  for (std::uint32_t begin = 0; begin < tape.period(); ++begin) {
    for (std::uint32_t count = 0; count <= kRunMax; ++count) {
      std::string expected;
      for (std::uint32_t i = 0; i < count; ++i) expected += cycle[(begin + i) % cycle.size()];
      EXPECT_EQ(tape.bytes(tape.offset(begin), tape.offset(begin + count)), expected);
    }
  }
}

TEST(SentLog, KeepsItsOrderWhileItGrowsAndWraps) {
  SentLog log;
  Rng rng(5);
  std::uint32_t pushed = 0;
  std::uint32_t popped = 0;
  for (int step = 0; step < 10'000; ++step) {
    if (log.empty() || rng.below(100) < (step < 5'000 ? 55U : 45U)) {
      log.push({.intended_ns = 0, .send_ns = 0, .count = pushed++});
    } else {
      ASSERT_EQ(log.front().count, popped++);
      log.pop();
    }
    ASSERT_EQ(log.size(), pushed - popped);
    if (!log.empty()) {
      ASSERT_EQ(log.at(log.size() - 1).count, pushed - 1);
    }
  }
}

TEST(ConnectQueue, StartsAFewPerMillisecondAndKeepsTheDelay) {
  ConnectQueue queue(1);
  for (std::uint32_t i = 0; i < 100; ++i) queue.add(i, 0);
  std::uint32_t started = 0;
  while (queue.take(0, started)) ++started;
  EXPECT_EQ(started, 32U);
  EXPECT_EQ(queue.next_ns(started), kMillisecond);
  EXPECT_FALSE(queue.take(kMillisecond - 1, 0));
  EXPECT_EQ(queue.take(kMillisecond, 0), 32U);
  EXPECT_FALSE(queue.take(kMillisecond, 256)) << "as many as may be are under way";

  ConnectQueue later(1);
  later.add(7, 500);
  EXPECT_FALSE(later.take(499, 0));
  EXPECT_EQ(later.take(500, 0), 7U);
}

TEST(BlankLineCounter, CountsTheSameHoweverTheStreamIsCut) {
  const std::string stream = "GET / HTTP/1.1\r\nA: b\r\n\r\n\r\r\n\r\n\r\n\r\nx\n\r\n\r\r\n\r\n";
  constexpr std::uint64_t kBlankLines = 4;
  BlankLineCounter whole;
  ASSERT_EQ(whole.count(stream), kBlankLines);
  for (std::size_t first = 0; first <= stream.size(); ++first) {
    for (std::size_t second = first; second <= stream.size(); ++second) {
      BlankLineCounter counter;
      const std::uint64_t count = counter.count(stream.substr(0, first)) +
                                  counter.count(stream.substr(first, second - first)) +
                                  counter.count(stream.substr(second));
      ASSERT_EQ(count, kBlankLines) << "cut at " << first << " and " << second;
    }
  }
}

TEST(HistogramCsv, HoldsEverySampleInABucketThatCoversIt) {
  LoadResult result;
  result.tally.lat_req.record(1'000, 5);
  result.tally.lat_req.record(123'456, 2);
  result.tally.lat_batch.record(123'456, 1);
  result.tally.lat_intended.record(1, 1);  // a closed loop has none: not written
  std::istringstream lines(to_histogram_csv(result));
  std::string line;
  std::getline(lines, line);
  EXPECT_EQ(line, "metric,lower_ns,upper_ns,count");
  std::vector<std::string> rows;
  while (std::getline(lines, line)) rows.push_back(line);
  EXPECT_EQ(rows, (std::vector<std::string>{"lat_req_ns,1000,1000,5", "lat_req_ns,123456,123519,2",
                                            "lat_batch_ns,123456,123519,1"}));
}

TEST(Json, LeavesWhatWasNotMeasuredNull) {
  LoadResult result;
  result.requests_per_connection = {0};
  const auto closed = nlohmann::json::parse(to_json(result));
  EXPECT_TRUE(closed["lat_intended_ns"].is_null());
  EXPECT_TRUE(closed["send_lag_ns"].is_null());
  EXPECT_TRUE(closed["rate_target_rps"].is_null());
  EXPECT_EQ(closed["lat_req_ns"]["count"], 0);

  result.options.arrival = Arrival::poisson;
  result.options.rate_rps = 10;
  const auto open = nlohmann::json::parse(to_json(result));
  EXPECT_TRUE(open["lat_batch_ns"].is_null());
  EXPECT_EQ(open["rate_target_rps"], 10.0);
  EXPECT_EQ(open["mode"], "window");
  EXPECT_TRUE(open["beside"].is_null());
  EXPECT_TRUE(open["routes"].is_null());
}

}  // namespace
}  // namespace etude::load
