// The routes that serve offers, and what a server tells about itself.

#include "core/http/app.h"

#include <gtest/gtest.h>
#include <pthread.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "core/clock.h"
#include "core/http/service_time.h"
#include "core/http/stats.h"
#include "tests/http/conversation.h"

namespace etude::http {
namespace {

Router benchmark_router() {
  Router router;
  add_benchmark_routes(router, 1);
  return router;
}

ParsedResponse ask(const Router& router, const std::string& request_line,
                   const std::string& body = "") {
  const Answer answer = converse(router, request_line + " HTTP/1.1\r\nHost: a\r\nContent-Length: " +
                                             std::to_string(body.size()) + "\r\n\r\n" + body);
  return parse_responses(answer.bytes).at(0);
}

TEST(App, EachRouteAnswers) {
  const Router router = benchmark_router();
  EXPECT_EQ(ask(router, "GET /plaintext").body, "Hello, World!");
  EXPECT_EQ(ask(router, "GET /json").body, R"({"message":"Hello, World!"})");
  EXPECT_EQ(ask(router, "GET /json").field("Content-Type"), "application/json");
  EXPECT_EQ(ask(router, "GET /users/42").body, "42");
  EXPECT_EQ(ask(router, "POST /echo", "abc").body, "abc");
  EXPECT_EQ(ask(router, "GET /spin?us=1").body, "spun\n");
  EXPECT_EQ(ask(router, "GET /none").status, 404);
  EXPECT_EQ(ask(router, "POST /json").status, 405);
}

TEST(App, EachResponseCarriesServerDateTypeAndLength) {
  const Router router = benchmark_router();
  for (const char* request : {"GET /plaintext", "GET /json", "GET /none", "DELETE /json"}) {
    const ParsedResponse response = ask(router, request);
    for (const char* name : {"Server", "Date", "Content-Type", "Content-Length"}) {
      EXPECT_TRUE(response.field(name).has_value()) << request << ": " << name;
    }
  }
}

TEST(App, SleepAndFanOutUseTheFiber) {
  const Router router = benchmark_router();
  Conversation conversation{router};
  conversation.send("GET /sleep?us=7 HTTP/1.1\r\nHost: a\r\n\r\n");
  conversation.send("GET /fanout?n=3&us=1 HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(conversation.fiber.slept_ns, 7 * kMicrosecond);
  EXPECT_EQ(conversation.fiber.fanned_out, 3U);
}

// The contrast to /sleep is the point of it: the thread is held, and the fiber never suspended.
TEST(App, BlockHoldsTheThreadAndNotTheFiber) {
  const Router router = benchmark_router();
  Conversation conversation{router};
  const Nanos start_ns = monotonic_ns();
  const Nanos cpu_start_ns = thread_cpu_ns();
  conversation.send("GET /block?us=20000 HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_GE(monotonic_ns() - start_ns, 20 * kMillisecond);
  EXPECT_LT(thread_cpu_ns() - cpu_start_ns, 10 * kMillisecond);
  EXPECT_EQ(conversation.fiber.slept_ns, 0);
}

TEST(App, AQueryWithoutSenseIsABadRequest) {
  const Router router = benchmark_router();
  for (const char* target :
       {"/spin", "/spin?us=x", "/spin?us=-1", "/spin?us=1&dist=zipf", "/spin?us=1e9",
        "/spin?us=1&dist=pareto&alpha=1", "/spin?us=nan", "/sleep", "/sleep?us=1.5",
        "/sleep?us=60000001", "/block", "/block?us=1000001", "/fanout?n=1025", "/fanout?us=1",
        "/fanout?n=1&us=x"}) {
    EXPECT_EQ(ask(router, std::string{"GET "} + target).status, 400) << target;
  }
}

TEST(ServiceTime, DrawsHaveTheMeanThatWasAskedFor) {
  using Kind = ServiceTime::Kind;
  ServiceTimeSource source{1};
  constexpr int kDraws = 200'000;
  for (const Kind kind : {Kind::fixed, Kind::exponential, Kind::bimodal, Kind::hyperexponential,
                          Kind::lognormal, Kind::pareto}) {
    const ServiceTime time{.kind = kind, .mean_us = 10, .sigma = 0.5, .alpha = 3};
    double sum_us = 0;
    for (int i = 0; i < kDraws; ++i) sum_us += static_cast<double>(source.draw_ns(time)) / 1'000;
    const bool two = kind == Kind::bimodal || kind == Kind::hyperexponential;
    const double expected_us = two ? 10 * 0.995 + 500 * 0.005 : 10;
    // Four standard deviations of a hyperexponential's mean, which strays the most.
    EXPECT_NEAR(sum_us / kDraws, expected_us, 0.46) << static_cast<int>(kind);
  }
}

TEST(ServiceTime, DrawsRepeatWithTheSeed) {
  const ServiceTime time{.kind = ServiceTime::Kind::exponential, .mean_us = 10};
  ServiceTimeSource one{7};
  ServiceTimeSource same{7};
  ServiceTimeSource other{8};
  int equal = 0;
  for (int i = 0; i < 100; ++i) {
    const Nanos drawn_ns = one.draw_ns(time);
    EXPECT_EQ(drawn_ns, same.draw_ns(time));
    equal += drawn_ns == other.draw_ns(time) ? 1 : 0;
  }
  EXPECT_LT(equal, 5);
}

ServerStats some_stats() {
  ServerStats stats;
  stats.scheduler = "fifo";
  stats.requests = 12;
  stats.responses_by_class[2] = 11;
  stats.cpu_user_s = 0.5;
  stats.sched_delay_ns = {.p50 = 1'000, .p99 = 2'000, .mean = 1'500, .count = 10};
  stats.stages = {.waits = 4, .service_ns = 800};
  stats.workers.push_back({.worker = 3, .core = 1, .stats = {}});
  stats.workers[0].stats["steal_lost"] = 9;
  stats.workers[0].stats["depth"] = 2;
  stats.workers[0].stats["cpu_ns"] = 7'000'000;
  return stats;
}

TEST(Stats, JsonHasEveryNameOfTheContract) {
  Router router;
  add_stats_routes(router, some_stats);
  const auto json = nlohmann::json::parse(ask(router, "GET /stats").body);
  for (const char* name :
       {"schema", "scheduler", "scheduler_params", "uptime_ns", "connections_open",
        "connections_accepted", "connections_refused", "accept_errors", "requests",
        "responses_by_class", "cpu", "rss_bytes", "rss_max_bytes", "ctx_voluntary",
        "ctx_involuntary", "sched_delay_ns", "stages", "workers"}) {
    EXPECT_TRUE(json.contains(name)) << name;
  }
  EXPECT_EQ(json["responses_by_class"]["2xx"], 11);
  EXPECT_EQ(json["cpu"]["user_s"], 0.5);
  EXPECT_EQ(json["sched_delay_ns"]["p99"], 2'000);
  EXPECT_EQ(json["stages"]["waits"], 4);
  EXPECT_EQ(json["stages"]["service_ns"], 800);
  const auto& worker = json["workers"][0];
  for (const char* name : {"worker",         "core",           "local_submits",   "remote_submits",
                           "local_takes",    "steal_attempts", "steal_successes", "steal_tasks",
                           "steal_lost",     "offered",        "overflow",        "depth",
                           "depth_max",      "switches",       "migrations",      "polls",
                           "io_events",      "timer_fires",    "parks",           "wakes_sent",
                           "wakes_received", "claims",         "cpu_ns"}) {
    EXPECT_TRUE(worker.contains(name)) << name;
  }
  EXPECT_EQ(worker["steal_lost"], 9);
  for (const WorkerStat& stat : kWorkerStats) {
    EXPECT_EQ(worker.contains(stat.name), stat.scope != StatScope::nobody) << stat.name;
  }
}

TEST(Stats, PrometheusTextTellsTheSame) {
  Router router;
  add_stats_routes(router, some_stats);
  const std::string text = ask(router, "GET /metrics").body;
  for (const char* expected :
       {"# TYPE etude_requests_total counter\netude_requests_total 12\n",
        "etude_responses_total{class=\"2xx\"} 11\n",
        "etude_sched_delay_seconds{quantile=\"0.99\"} 2e-06\n",
        "# TYPE etude_stage_service_ns_total counter\netude_stage_service_ns_total 800\n",
        "etude_worker_steal_lost_total{worker=\"3\",core=\"1\"} 9\n",
        "etude_worker_cpu_seconds_total{worker=\"3\",core=\"1\"} 0.007\n",
        "# TYPE etude_worker_depth gauge\netude_worker_depth{worker=\"3\",core=\"1\"} 2\n"}) {
    EXPECT_NE(text.find(expected), std::string::npos) << expected << "not in\n" << text;
  }
}

}  // namespace
}  // namespace etude::http
