// core/runtime/runtime.h
//
// The driver on real cores: threads pinned to cores, each a worker with a reactor of its own,
// round one scheduler. It accepts connections and runs each in a fiber.
//
// Threads:   start(), drain() and stop() from one controlling thread; the rest from any.
// Ownership: borrows the scheduler; owns threads, fibers, sockets and listeners.
// Limits:    config.fibers_max fibers live at one moment; the scheduler must have been made for as
//            many tasks.
// Errors:    listen() and start() throw Error when the machine refuses (port taken, no such core).

#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "core/runtime/fiber_pool.h"
#include "core/runtime/parking.h"
#include "core/runtime/worker.h"
#include "core/scheduler.h"

namespace etude {

struct RuntimeConfig {
  std::vector<int> cores;              // one group of workers each
  std::uint32_t threads_per_core = 1;  // workers in a group
  std::uint32_t fibers_max = 0;
  std::size_t stack_bytes = 64 * 1024;
  WorkerConfig worker = {};

  std::uint32_t workers() const noexcept {
    return static_cast<std::uint32_t>(cores.size()) * threads_per_core;
  }
};

// How connections reach the workers.
enum class Acceptor : std::uint8_t {
  reuseport,  // a listening socket for each worker; the kernel spreads by hash
  shared,     // one listening socket, which all workers watch
  one,        // one listening socket, worker 0's: every connection's home; skewed, for study
};

struct ListenConfig {
  std::string host = "127.0.0.1";
  std::uint16_t port = 0;  // 0: the kernel chooses
  int backlog = 4'096;
  Acceptor acceptor = Acceptor::reuseport;
};

class Runtime {
 public:
  using Serve = std::function<void(Socket&, Fiber&)>;

  Runtime(const RuntimeConfig& config, Scheduler& scheduler, Serve serve);
  ~Runtime();
  Runtime(const Runtime&) = delete;
  Runtime& operator=(const Runtime&) = delete;

  // Opens the listening sockets. Returns the port. Before start().
  std::uint16_t listen(const ListenConfig& config);
  void start();

  // Runs a job in a fiber. False: all fibers are in use.
  bool spawn(Fiber::Job job);

  // Stops accepting, after a moment tells idle connections to end, and waits until all fibers have
  // ended or the time is over. True: all have ended.
  bool drain(Nanos timeout_ns);
  // Ends the workers, whatever their fibers are at.
  void stop();

  std::uint32_t connections_open() const noexcept {
    return crew_.connections_open.load(std::memory_order_relaxed);
  }
  std::uint32_t workers() const noexcept { return static_cast<std::uint32_t>(threads_max_); }
  int core_of(WorkerId worker) const noexcept {
    return config_.cores[index(worker) / config_.threads_per_core];
  }
  const WorkerCounters& counters(WorkerId worker) const noexcept {
    return crew_.workers[index(worker)]->counters();
  }
  const ParkingCounters& parking_counters(WorkerId worker) const noexcept {
    return parking_.counters(worker);
  }
  const SchedulerCounters& scheduler_counters(WorkerId worker) const noexcept {
    return crew_.scheduler.counters(worker);
  }
  // Connections whose home a worker is. Those that its reactor has still to close count.
  std::size_t connections_at(WorkerId worker) const noexcept {
    return crew_.workers[index(worker)]->connections();
  }
  // CPU time of a worker's thread; 0 before start().
  Nanos cpu_ns(WorkerId worker) const noexcept;

 private:
  void enter(Crew::Phase phase);
  bool all_end_by(Nanos until_ns) const;
  bool has_drained() const;

  RuntimeConfig config_;
  std::size_t threads_max_;
  Parking<std::atomic> parking_;
  FiberPool fibers_;
  Crew crew_;
  std::vector<int> listen_fds_;
  std::vector<std::thread> threads_;
};

}  // namespace etude
