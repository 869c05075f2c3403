#include "experiments/cli/server_process.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <malloc.h>
#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <initializer_list>

#include "core/clock.h"
#include "core/failure.h"
#include "core/http/app.h"
#include "core/http/server.h"
#include "core/http/stats.h"
#include "core/runtime/tcp_stream.h"
#include "core/stderr_text.h"
#include "experiments/cli/server_readings.h"

namespace etude::cli {
namespace {

constexpr std::initializer_list<int> kEndingSignals = {SIGTERM, SIGINT};

// What a storm of large bodies took goes back to the machine. Left alone, the C library takes the
// largest block that was ever freed as a sign to keep as much at hand, in each thread's arena.
void let_freed_memory_go() {
  constexpr int kKept_bytes = 256 * 1'024;  // chosen by hand: above any body of a benchmark
  mallopt(M_MMAP_THRESHOLD, kKept_bytes);
  mallopt(M_TRIM_THRESHOLD, kKept_bytes);
}

// Blocked before the first worker starts, so that all threads inherit it and only the waiting one
// takes a signal.
sigset_t block_ending_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int number : kEndingSignals) sigaddset(&set, number);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  return set;
}

// From here on a signal means: now.
void let_signals_end_the_process(const sigset_t& set) {
  for (const int number : kEndingSignals) {
    signal(number, [](int caught) { _exit(128 + caught); });
  }
  pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

std::string plural(std::size_t count, const char* noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

std::string_view name_of(Acceptor acceptor) {
  switch (acceptor) {
    case Acceptor::reuseport:
      return "reuseport";
    case Acceptor::shared:
      return "shared";
    case Acceptor::one:
      return "one";
  }
  fail("an acceptor has a name");
}

// False: nobody can hear it.
bool say_ready(const ServerOptions& options, std::uint16_t port, const std::string& scheduler,
               const std::string& parameters) {
  const std::string& host = options.listen.host;
  const bool is_v6 = host.find(':') != std::string::npos;
  fmt::print(
      "etude: http://{}:{} · {} x {} · scheduler {}{} · acceptor {}\n",
      is_v6 ? fmt::format("[{}]", host) : host, port, plural(options.runtime.cores.size(), "core"),
      plural(options.runtime.threads_per_core, "thread"), scheduler,
      parameters.empty() ? "" : fmt::format(" ({})", parameters), name_of(options.listen.acceptor));
  return std::fflush(stdout) == 0;
}

// Ends in order if all that is in flight ends in time, and cuts the rest off if not.
int drain(Runtime& runtime, http::Server& server, Nanos timeout_ns) {
  server.drain();
  if (runtime.drain(timeout_ns)) return kDrained;
  print_stderr("etude: {} cut off: still in flight when --drain-timeout had passed\n",
               plural(runtime.connections_open(), "connection"));
  std::fflush(stderr);
  // A handler may still hold its worker: joining it could last for ever.
  _exit(kDrainTimedOut);
}

}  // namespace

int run_server(const ServerOptions& options) {
  let_freed_memory_go();
  const SchedulerEntry entry = find_scheduler(options.scheduler);
  const std::string parameters = effective_parameters(entry, options.settings);
  const RuntimeConfig& config = options.runtime;
  const auto scheduler = entry.make({.workers = config.workers(),
                                     .tasks_max = config.fibers_max,
                                     .seed = options.seed,
                                     .threads_per_core = config.threads_per_core,
                                     .set = options.settings});
  const sigset_t signals = block_ending_signals();

  const CoarseClock clock;
  const MonotonicClock stage_clock;
  const http::HostWallClock wall_clock;
  ServerReadings readings(entry.name, parameters, clock);
  http::Router router;
  http::add_stats_routes(router, [&readings] { return readings.take(); });
  if (options.app == App::echo) {
    http::add_echo_routes(router);
  } else {
    http::add_benchmark_routes(router, options.seed);
  }
  http::Server server({.workers = config.workers(),
                       .limits = options.limits,
                       .timeouts = options.timeouts,
                       .remember_heads = options.remember_heads,
                       .stage_clock = &stage_clock},
                      std::move(router), clock, wall_clock);
  Runtime runtime(config, *scheduler, [&server](Socket& socket, Fiber& fiber) {
    TcpStream stream(socket, fiber);
    server.serve_connection(stream, fiber);
  });
  readings.read_from(server, runtime);

  const std::uint16_t port = runtime.listen(options.listen);
  runtime.start();
  // A server that cannot say where it is found ends at once; main() then says why.
  const bool heard = say_ready(options, port, std::string(entry.name), parameters);

  int caught = 0;
  if (heard) sigwait(&signals, &caught);
  let_signals_end_the_process(signals);
  return drain(runtime, server, options.drain_timeout_ns);
}

}  // namespace etude::cli
