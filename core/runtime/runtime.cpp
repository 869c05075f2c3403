#include "core/runtime/runtime.h"

#include <fmt/format.h>
#include <pthread.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "core/clock.h"
#include "core/failure.h"
#include "core/runtime/listener.h"
#include "core/runtime/overflow_report.h"

namespace etude {
namespace {

// How long a drain leaves idle connections open: a connection of a busy client is idle only until
// its next request is here, which is then answered with "close". Chosen by hand.
constexpr Nanos kIdleGrace_ns = 250 * kMillisecond;

void pin(std::thread& thread, int core) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(static_cast<std::size_t>(core), &set);
  const int error = pthread_setaffinity_np(thread.native_handle(), sizeof set, &set);
  if (error != 0) {
    throw Error(fmt::format("core {}", core), std::strerror(error),
                "name cores that this process may use (taskset -p, nproc)");
  }
}

}  // namespace

Runtime::Runtime(const RuntimeConfig& config, Scheduler& scheduler, Serve serve)
    : config_(config),
      threads_max_(config.workers()),
      parking_({.workers = config.workers(),
                .wake_policy = config.worker.wake_policy,
                .domain_workers = scheduler.domain_workers()}),
      fibers_(config.fibers_max, config.stack_bytes),
      crew_{.scheduler = scheduler,
            .parking = parking_,
            .fibers = fibers_,
            .config = config.worker,
            .serve = std::move(serve)} {
  for (std::uint32_t worker = 0; worker < config.workers(); ++worker) {
    crew_.workers.push_back(std::make_unique<Worker>(WorkerId{worker}, crew_));
  }
}

Runtime::~Runtime() {
  stop();
  forget_overflows();
  for (const int fd : listen_fds_) close(fd);
}

std::uint16_t Runtime::listen(const ListenConfig& config) {
  std::uint16_t port = config.port;
  if (config.acceptor != Acceptor::reuseport) {
    listen_fds_.push_back(open_listener(config.host, port, config.backlog, PortSharing::exclusive));
    port = port_of(listen_fds_.back());
    const std::size_t watching = config.acceptor == Acceptor::one ? 1 : crew_.workers.size();
    for (std::size_t nth = 0; nth < watching; ++nth) {
      crew_.workers[nth]->listen(listen_fds_.back());
    }
    return port;
  }
  // Whether the port is free must be asked without sharing it: SO_REUSEPORT would let us join
  // another server of the same user.
  if (port != 0) close(open_listener(config.host, port, config.backlog, PortSharing::exclusive));
  for (const auto& worker : crew_.workers) {
    listen_fds_.push_back(open_listener(config.host, port, config.backlog, PortSharing::reuseport));
    port = port_of(listen_fds_.back());
    worker->listen(listen_fds_.back());
  }
  return port;
}

void Runtime::start() {
  watch_for_overflows(fibers_.stacks());
  for (std::uint32_t worker = 0; worker < threads_max_; ++worker) {
    threads_.emplace_back([this, worker] {
      const OverflowStack signal_stack;
      crew_.workers[worker]->run();
    });
    pthread_setname_np(threads_.back().native_handle(), fmt::format("worker-{}", worker).c_str());
    pin(threads_.back(), core_of(WorkerId{worker}));
  }
}

bool Runtime::spawn(Fiber::Job job) {
  return Worker::spawn_from(crew_, kNoWorker, kNoWorker, std::move(job));
}

bool Runtime::drain(Nanos timeout_ns) {
  const Nanos now_ns = monotonic_ns();
  enter(Crew::Phase::draining);
  if (all_end_by(now_ns + std::min(kIdleGrace_ns, timeout_ns / 4))) return true;
  enter(Crew::Phase::closing);
  return all_end_by(now_ns + timeout_ns);
}

// A drain happens once; looking every millisecond spares a signal at the end of each fiber.
bool Runtime::all_end_by(Nanos until_ns) const {
  while (!has_drained() && monotonic_ns() < until_ns) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return has_drained();
}

// No fiber in use is not enough: somebody may have connected and wait for a worker to accept.
bool Runtime::has_drained() const {
  return crew_.workers_draining.load(std::memory_order_acquire) == threads_.size() &&
         fibers_.in_use() == 0;
}

void Runtime::stop() {
  enter(Crew::Phase::stopping);
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

void Runtime::enter(Crew::Phase phase) {
  crew_.phase.store(phase, std::memory_order_seq_cst);
  for (const auto& worker : crew_.workers) worker->ring();
}

Nanos Runtime::cpu_ns(WorkerId worker) const noexcept {
  if (threads_.empty()) return 0;
  // native_handle() is not const, though it changes nothing.
  auto& thread = const_cast<std::thread&>(threads_[index(worker)]);
  return thread_cpu_ns(thread.native_handle());
}

}  // namespace etude
