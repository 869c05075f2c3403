// What a request costs above the socket, per request: the stages by themselves, a session that
// answers a batch of bytes, and a whole connection over a stream that is always ready. What a
// server on real sockets takes beyond that is runtime/, the reactor and the kernel.

#include <benchmark/benchmark.h>

#include <array>
#include <atomic>
#include <cstring>
#include <string>
#include <string_view>

#include "core/clock.h"
#include "core/http/app.h"
#include "core/http/server.h"
#include "experiments/microbench/benchmarks.h"

namespace etude::bench {
namespace {

using namespace http;

constexpr std::string_view kPlaintext = "GET /plaintext HTTP/1.1\r\nHost: 127.0.0.1:8080\r\n\r\n";
constexpr std::string_view kOther = "GET /plaintext?x=1 HTTP/1.1\r\nHost: 127.0.0.1:8080\r\n\r\n";
constexpr std::string_view kBrowser =
    "GET /plaintext HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nUser-Agent: Mozilla/5.0 (X11; Linux)\r\n"
    "Accept: text/html,application/xhtml+xml;q=0.9\r\nAccept-Encoding: gzip, deflate\r\n"
    "Connection: keep-alive\r\n\r\n";
constexpr std::string_view kJsonHead = "GET /json HTTP/1.1\r\nHost: 127.0.0.1:8080\r\n\r\n";
constexpr std::string_view kJsonPrepared = "GET /prepared HTTP/1.1\r\nHost: 127.0.0.1:8080\r\n\r\n";
constexpr std::string_view kEcho =
    "POST /echo HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nContent-Length: 5\r\n\r\nhello";

// Runs on the thread itself: nothing here suspends.
class NoFiber final : public ThisFiber {
 public:
  void sleep_for(Nanos) override {}
  void yield() override {}
  void fan_out(std::uint32_t, const std::function<void(ThisFiber&, std::uint32_t)>&) override {}
  WorkerId worker() const noexcept override { return WorkerId{0}; }
};

class DroppingSink final : public ByteSink {
 public:
  bool write(std::span<const char> bytes) override {
    benchmark::DoNotOptimize(bytes.data());
    return true;
  }
};

Router make_router() {
  Router router;
  add_benchmark_routes(router, 1);
  router.add_static("/prepared", kJson, R"({"message":"Hello, World!"})");
  return router;
}

// `count` requests: `first`, `second`, `first`, ..
std::string batch_of(std::string_view first, std::string_view second, std::int64_t count) {
  std::string batch;
  for (std::int64_t nth = 0; nth < count; ++nth) batch += nth % 2 == 0 ? first : second;
  return batch;
}

struct Exchange {
  std::string_view first;
  std::string_view second;
  bool remember_heads = true;
};

void session(benchmark::State& state, const Exchange& exchange) {
  const Router router = make_router();
  const Limits limits;
  const HostWallClock wall_clock;
  const std::atomic<bool> draining = false;
  WorkspacePool pool{1};
  NoFiber fiber;
  DroppingSink sink;
  Session session{{.router = router,
                   .limits = limits,
                   .wall_clock = wall_clock,
                   .draining = draining,
                   .remember_heads = exchange.remember_heads}};
  const std::string batch = batch_of(exchange.first, exchange.second, state.range(0));
  while (state.KeepRunningBatch(state.range(0))) {
    const WorkspacePool::Lease lease{pool, fiber};
    Output out{(*lease).output, sink};
    session.reader().attach((*lease).input);
    std::memcpy(session.reader().room().data(), batch.data(), batch.size());
    session.reader().received(batch.size());
    session.advance(*lease, out, fiber, 64);
    out.flush();
    session.reader().detach();
  }
}

// Always ready, with the same batch each time, until the benchmark has had enough.
class ReadyStream final : public ByteStream {
 public:
  ReadyStream(benchmark::State& state, std::string batch)
      : state_(state), batch_(std::move(batch)) {}

  IoStatus wait_readable(Nanos, WaitKind) override {
    return state_.KeepRunningBatch(state_.range(0)) ? IoStatus::ok : IoStatus::timed_out;
  }
  IoResult read_available(std::span<char> room) override {
    return {.bytes = batch_.copy(room.data(), room.size()), .status = IoStatus::ok};
  }
  IoStatus write_all(std::span<const char> bytes, Nanos) override {
    benchmark::DoNotOptimize(bytes.data());
    return IoStatus::ok;
  }
  void shutdown_write() noexcept override {}

 private:
  benchmark::State& state_;
  std::string batch_;
};

// The session, and round it leases, deadlines and counts: all of a request but its I/O and switch.
void connection(benchmark::State& state, std::string_view request) {
  const CoarseClock clock;
  const HostWallClock wall_clock;
  Server server({}, make_router(), clock, wall_clock);
  ReadyStream stream(state, batch_of(request, request, state.range(0)));
  NoFiber fiber;
  server.serve_connection(stream, fiber);
}

void route(benchmark::State& state, std::string_view path) {
  const Router router = make_router();
  for (auto _ : state) benchmark::DoNotOptimize(router.find(Method::get, path, 4));
}

// The answer of a static route, and one put together of its pieces.
void respond_prepared(benchmark::State& state) {
  const PreparedResponse prepared(kPlainText, "Hello, World!");
  std::array<char, Workspace::kOutputBytes> buffer;
  DroppingSink sink;
  Output out{buffer, sink};
  DateText date;
  date.refresh(0);
  for (auto _ : state) prepared.append_to(out, date, BodyPart::sent);
}

void respond_pieces(benchmark::State& state) {
  std::array<char, Workspace::kOutputBytes> buffer;
  DroppingSink sink;
  Output out{buffer, sink};
  DateText date;
  date.refresh(0);
  std::string text;
  const Response response{.text = text, .body = "Hello, World!"};
  for (auto _ : state) {
    append_response(out, response, date, Persistence::implied, BodyPart::sent);
  }
}

void clock(benchmark::State& state, const Clock& clock) {
  for (auto _ : state) benchmark::DoNotOptimize(clock.now_ns());
}

}  // namespace

void add_http_benchmarks() {
  static const MonotonicClock monotonic;
  static const CoarseClock coarse;
  benchmark::RegisterBenchmark("http/clock/monotonic",
                               [](benchmark::State& state) { clock(state, monotonic); });
  benchmark::RegisterBenchmark("http/clock/coarse",
                               [](benchmark::State& state) { clock(state, coarse); });
  benchmark::RegisterBenchmark("http/route/first", route, "/plaintext");
  benchmark::RegisterBenchmark("http/route/last", route, "/prepared");
  benchmark::RegisterBenchmark("http/respond/prepared", respond_prepared);
  benchmark::RegisterBenchmark("http/respond/pieces", respond_pieces);

  const auto add_session = [](const char* name, const Exchange& exchange) {
    benchmark::RegisterBenchmark((std::string("http/session/") + name).c_str(), session, exchange)
        ->Arg(1)
        ->Arg(16);
  };
  add_session("plaintext", {kPlaintext, kPlaintext});
  add_session("plaintext_two_heads", {kPlaintext, kOther});
  add_session("plaintext_parsed", {kPlaintext, kPlaintext, false});
  add_session("browser", {kBrowser, kBrowser});
  add_session("browser_parsed", {kBrowser, kBrowser, false});
  add_session("json", {kJsonHead, kJsonHead});
  add_session("json_prepared", {kJsonPrepared, kJsonPrepared});
  add_session("echo", {kEcho, kEcho});

  benchmark::RegisterBenchmark("http/connection/plaintext", connection, kPlaintext)
      ->Arg(1)
      ->Arg(16);
  benchmark::RegisterBenchmark("http/connection/json", connection, kJsonHead)->Arg(1)->Arg(16);
}

}  // namespace etude::bench
