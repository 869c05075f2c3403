// A server whose handlers go wrong on purpose: fault_server SCHEDULER. Two workers on core 0, a
// port of the kernel's choice in a ready line like that of `etude serve`; drains on SIGTERM.
//
//   /throw     a std::exception        /throw-other  something that is none
//   /throw-late  after the fiber has slept
//   /overflow  runs over the end of its stack in small steps
//   /overflow-wide  in one step, by a frame that is wider than the guard page and the next stack
//   /totals    connections open, requests, responses 5xx
//   /*         "ok\n"

#include <fmt/format.h>
#include <signal.h>

#include <cstdio>
#include <stdexcept>

#include "core/clock.h"
#include "core/http/app.h"
#include "core/http/server.h"
#include "core/runtime/runtime.h"
#include "core/runtime/tcp_stream.h"
#include "schedulers/registry.h"

namespace {

using namespace etude;

constexpr std::uint32_t kFibers = 512;
constexpr std::size_t kStackBytes = 64 * 1024;

// volatile: steps that the compiler may not leave out.
std::uint64_t overflow_in_small_steps(std::uint64_t depth) {
  volatile std::uint64_t frame[16];
  frame[0] = depth + 1;
  if (frame[0] == 0) return 0;  // never: the stack ends before
  return overflow_in_small_steps(frame[0]) + frame[0];
}

std::uint64_t overflow_in_one_step(char value) {
  volatile char frame[2 * kStackBytes];
  frame[0] = value;  // the far end alone: well inside somebody else's stack
  return static_cast<std::uint64_t>(frame[0]);
}

void add_faulty_routes(http::Router& router, const http::Server*& server) {
  using http::Method;
  using http::Request;
  using http::Response;
  router.add(Method::get, "/throw", [](const Request&, Response& response, ThisFiber&) {
    response.text = "half an answer";
    throw std::runtime_error("on purpose");
  });
  router.add(Method::get, "/throw-other", [](const Request&, Response&, ThisFiber&) { throw 42; });
  router.add(Method::get, "/throw-late", [](const Request&, Response&, ThisFiber& fiber) {
    fiber.sleep_for(kMillisecond);
    throw std::runtime_error("on purpose");
  });
  router.add(Method::get, "/overflow", [](const Request&, Response& response, ThisFiber&) {
    response.text = fmt::format("{}", overflow_in_small_steps(0));
  });
  router.add(Method::get, "/overflow-wide", [](const Request&, Response& response, ThisFiber&) {
    response.text = fmt::format("{}", overflow_in_one_step('x'));
  });
  router.add(Method::get, "/totals", [&server](const Request&, Response& response, ThisFiber&) {
    const http::ServerTotals totals = server->totals();
    response.text = fmt::format("{} {} {}", totals.connections_open, totals.requests,
                                totals.responses_by_class[5]);
    response.body = response.text;
  });
  http::add_echo_routes(router);
}

int run(std::string_view name) {
  sigset_t ending;
  sigemptyset(&ending);
  sigaddset(&ending, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &ending, nullptr);

  const RuntimeConfig config{
      .cores = {0}, .threads_per_core = 2, .fibers_max = kFibers, .stack_bytes = kStackBytes};
  const auto scheduler = find_scheduler(name).make(
      {.workers = 2, .tasks_max = kFibers, .seed = 1, .threads_per_core = 2});
  const CoarseClock clock;
  const http::HostWallClock wall_clock;
  const http::Server* routed = nullptr;
  http::Router router;
  add_faulty_routes(router, routed);
  http::Server server({.workers = 2}, std::move(router), clock, wall_clock);
  routed = &server;
  Runtime runtime(config, *scheduler, [&server](Socket& socket, Fiber& fiber) {
    TcpStream stream(socket, fiber);
    server.serve_connection(stream, fiber);
  });
  const std::uint16_t port = runtime.listen({});
  runtime.start();
  fmt::print("fault_server: http://127.0.0.1:{}\n", port);
  std::fflush(stdout);

  int caught = 0;
  sigwait(&ending, &caught);
  server.drain();
  return runtime.drain(10 * kSecond) ? 0 : 3;
}

}  // namespace

int main(int argc, char** argv) { return argc == 2 ? run(argv[1]) : 2; }
