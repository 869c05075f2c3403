#include "experiments/load/run.h"

#include <fmt/format.h>
#include <pthread.h>
#include <sched.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <memory>
#include <optional>
#include <thread>

#include "core/clock.h"
#include "core/failure.h"
#include "core/host.h"
#include "core/text.h"
#include "experiments/load/client.h"
#include "experiments/load/workload.h"

namespace etude::load {
namespace {

constexpr Nanos kTry_ns = 2 * kSecond;  // for each of several addresses to take a connection

class WakeFd {
 public:
  WakeFd() : fd_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    if (fd_ < 0) throw Error("eventfd", std::strerror(errno), "raise the limit of open files");
  }
  ~WakeFd() { close(fd_); }
  WakeFd(const WakeFd&) = delete;
  WakeFd& operator=(const WakeFd&) = delete;

  int fd() const noexcept { return fd_; }
  void signal() const noexcept {
    require(eventfd_write(fd_, 1) == 0, "an eventfd takes one more count");
  }

 private:
  int fd_;
};

void raise_file_limit(const LoadOptions& options) {
  constexpr std::uint64_t kOthers = 32;  // standard streams, results, libraries
  const std::uint64_t needed =
      options.connections + options.beside_connections + 2 * options.threads + kOthers;
  const std::uint64_t limit = raise_open_files_limit();
  if (limit < needed) {
    throw Error(fmt::format("-c {}", options.connections),
                fmt::format("needs {} open files and the hard limit is {}", needed, limit),
                "lower -c, or raise the limit (ulimit -Hn)");
  }
}

// For the calling thread. False: the machine refuses.
bool become_realtime() noexcept {
  const sched_param lowest{.sched_priority = sched_get_priority_min(SCHED_FIFO)};
  return pthread_setschedparam(pthread_self(), SCHED_FIFO, &lowest) == 0;
}

void sleep_until(Nanos time_ns) noexcept {
  const timespec until{.tv_sec = time_ns / kSecond, .tv_nsec = time_ns % kSecond};
  while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, nullptr) == EINTR) {
  }
}

// `total` connections over the threads, the first ones taking one more where it does not divide.
std::uint32_t share_of(std::uint32_t total, std::uint32_t threads, std::uint32_t thread) noexcept {
  return total / threads + (thread < total % threads ? 1 : 0);
}

// What the connections ask for.
struct Tapes {
  Tapes(const Url& url, const LoadOptions& options) : main(make_tape(url, options)) {
    if (options.beside_connections > 0) beside = make_beside_tape(url, options);
  }

  RequestTape main;
  std::optional<RequestTape> beside;
};

std::vector<std::unique_ptr<Client>> make_clients(const LoadOptions& options,
                                                  const Address& address, const Tapes& tapes,
                                                  Gate& gate) {
  std::vector<std::unique_ptr<Client>> clients;
  std::uint32_t first_connection = 0;
  std::uint32_t first_beside = 0;
  for (std::uint32_t thread = 0; thread < options.threads; ++thread) {
    const std::uint32_t connections = share_of(options.connections, options.threads, thread);
    const std::uint32_t beside = share_of(options.beside_connections, options.threads, thread);
    clients.push_back(std::make_unique<Client>(
        Client::Config{.options = options,
                       .address = address,
                       .tape = tapes.main,
                       .beside_tape = tapes.beside ? &*tapes.beside : nullptr,
                       .gate = gate,
                       .thread = thread,
                       .first_connection = first_connection,
                       .connections = connections,
                       .first_beside = first_beside,
                       .beside = beside}));
    first_connection += connections;
    first_beside += beside;
  }
  return clients;
}

void add_up(const std::vector<std::unique_ptr<Client>>& clients, LoadResult& result) {
  const auto duration_ns = static_cast<double>(result.options.duration_ns);
  for (const auto& client : clients) {
    result.tally.merge(client->tally());
    if (client->beside_tally() != nullptr) result.beside.merge(*client->beside_tally());
    result.connections_open += client->connections_open();
    result.connects_failed += client->connects_failed();
    result.reconnects += client->reconnects();
    result.renewals += client->renewals();
    for (const Connection& connection : client->connections()) {
      result.requests_per_connection.push_back(connection.requests_measured());
    }
    const CpuTime cpu = client->cpu();
    result.cpu_user_ns += cpu.user_ns;
    result.cpu_sys_ns += cpu.sys_ns;
    const double share = static_cast<double>(cpu.user_ns + cpu.sys_ns) / duration_ns;
    result.busiest_thread = std::max(result.busiest_thread, share);
  }
}

Timeline make_timeline(const LoadOptions& options, Nanos start_ns) noexcept {
  Timeline timeline;
  timeline.start_ns = start_ns;
  timeline.measure_start_ns = timeline.start_ns + options.warmup_ns;
  timeline.measure_end_ns = timeline.measure_start_ns + options.duration_ns;
  return timeline;
}

std::vector<std::jthread> start_threads(const std::vector<std::unique_ptr<Client>>& clients,
                                        std::atomic<bool>& realtime) {
  std::vector<std::jthread> threads;
  // relaxed: written before the threads start, and read when they have been joined.
  const bool wanted = realtime.load(std::memory_order_relaxed);
  for (const auto& client : clients) {
    threads.emplace_back([&client, &realtime, wanted] {
      if (wanted && !become_realtime()) realtime.store(false, std::memory_order_relaxed);
      client->run();
    });
  }
  return threads;
}

// Says when the load begins, and lets it. With nobody connected, or no moment to begin at, the
// threads pass through an empty load, to end the one way they know.
void open_gate(Gate& gate, const LoadOptions& options, const StartTime& start_time, bool is_empty) {
  LoadOptions times = options;
  if (is_empty) {
    times.warmup_ns = 0;
    times.duration_ns = kMillisecond;
  }
  const Nanos start_ns = start_time ? start_time() : monotonic_ns();
  sleep_until(start_ns);
  gate.timeline = make_timeline(times, start_ns);
  // release: publishes the timeline. The eventfd only wakes.
  gate.opened.store(true, std::memory_order_release);
}

// Why not one connection could be made.
std::string why_nothing(const LoadOptions& options, const Client& client) {
  return fmt::format("{}: no connection could be made: {}", printable(options.url),
                     client.connect_problem().empty() ? "no answer" : client.connect_problem());
}

}  // namespace

std::unique_ptr<LoadResult> run_load(const LoadOptions& options, const PhaseListener& on_phase,
                                     const StartTime& start_time) {
  check(options);
  const Url url = parse_url(options.url);
  const std::vector<Address> candidates = resolve(url);
  const Tapes tapes(url, options);
  raise_file_limit(options);

  auto result = std::make_unique<LoadResult>();
  result->options = options;
  result->started_at = utc_timestamp();
  const std::optional<Address> reachable =
      first_reachable(candidates, std::min(options.timeout_ns, kTry_ns), result->failure);
  if (!reachable) {
    result->failure =
        fmt::format("{}: no connection could be made: {}", printable(options.url), result->failure);
    return result;
  }
  result->failure.clear();  // of the addresses before the one that took a connection
  const Address& address = *reachable;
  result->address = name_of(address);

  const WakeFd wake;
  Gate gate(options.threads);
  gate.wake_fd = wake.fd();
  const std::vector<std::unique_ptr<Client>> clients = make_clients(options, address, tapes, gate);
  std::atomic<bool> realtime = options.realtime;
  std::vector<std::jthread> threads = start_threads(clients, realtime);

  gate.connected.wait();
  const bool hopeless = gate.open_count.load(std::memory_order_relaxed) == 0;
  if (!hopeless) on_phase("connected");
  try {
    open_gate(gate, options, hopeless ? StartTime{} : start_time, hopeless);
  } catch (...) {
    open_gate(gate, options, {}, true);
    wake.signal();
    threads.clear();  // joins
    throw;
  }
  wake.signal();
  if (!hopeless) {
    on_phase("warm");
    sleep_until(gate.timeline.measure_start_ns);
    on_phase("measure");
    sleep_until(gate.timeline.measure_end_ns);
    on_phase("measured");
  }
  threads.clear();  // joins
  result->realtime = realtime.load(std::memory_order_relaxed);
  if (hopeless) {
    result->failure = why_nothing(options, *clients.front());
    return result;
  }
  on_phase("done");
  result->measure_start_ns = gate.timeline.measure_start_ns;
  add_up(clients, *result);
  return result;
}

}  // namespace etude::load
