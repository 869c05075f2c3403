// core/runtime/worker.h
//
// One worker: the loop that asks the scheduler for a fiber, carries it, and looks at its reactor
// in between; and parks when there is nothing for it. It chooses nothing: which fiber comes next
// is the scheduler's affair, whom to wake is parking.h's.
//
// Threads:   run() is the body of the worker's thread. counters(), reactor() and ring() from any.
// Ownership: borrows everything in Crew; owns its reactor and its timers.
// Errors:    what a connection or an accept runs into is counted, never thrown.

#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "core/runtime/fiber.h"
#include "core/runtime/fiber_pool.h"
#include "core/runtime/parking.h"
#include "core/runtime/reactor.h"
#include "core/runtime/timer_heap.h"
#include "core/runtime/worker_counters.h"
#include "core/scheduler.h"

namespace etude {

class Worker;

enum class IoClaim : std::uint8_t { off, on };

// How a worker goes about its loop: variables of study, the same for all workers.
struct WorkerConfig {
  std::uint32_t poll_every = 128;       // fibers carried between two looks at the reactor
  std::uint32_t search_rounds = 4;      // times a worker asks again before it parks
  IoClaim io_claim = IoClaim::off;      // an idle worker polls for one stuck in a handler
  Nanos claim_after_ns = kMillisecond;  // how long that one has not looked
  std::uint32_t connections_max = 0;    // of all workers together; 0: no limit
  WakePolicy wake_policy = WakePolicy::throttled;
};

// What all workers share.
struct Crew {
  // draining: nobody is accepted, whoever is here is served. closing: and idle connections end.
  enum class Phase : std::uint8_t { serving, draining, closing, stopping };

  Scheduler& scheduler;
  Parking<std::atomic>& parking;
  FiberPool& fibers;
  WorkerConfig config;
  // Runs in a fiber of its own for each accepted connection, and retires the socket at its end.
  std::function<void(Socket&, Fiber&)> serve;
  std::vector<std::unique_ptr<Worker>> workers = {};
  std::atomic<Phase> phase{Phase::serving};
  std::atomic<std::uint32_t> connections_open{0};
  // Workers that know of the drain, and have taken in whoever had connected before.
  std::atomic<std::uint32_t> workers_draining{0};
};

class Worker final : public Carrier, private ReactorSink {
 public:
  Worker(WorkerId id, Crew& crew);

  // Works until the crew's phase is stopping.
  void run();

  // Has the worker look round, wherever it is.
  void ring() noexcept { reactor_.ring(); }

  // Accepts from `listen_fd`, which stays the caller's. Before run().
  void listen(int listen_fd);

  // Puts a job into a fiber and makes it runnable. `from`: the calling worker, or kNoWorker.
  static bool spawn_from(Crew& crew, WorkerId from, WorkerId home, Fiber::Job job);

  // Gives a connection back, from the fiber that served it.
  static void close_connection(Crew& crew, Fiber& fiber, Socket& socket) noexcept;

  const WorkerCounters& counters() const noexcept { return counters_; }
  std::size_t connections() const noexcept { return reactor_.sockets_open(); }
  Reactor& reactor() noexcept { return reactor_; }

  // Carrier
  WorkerId id() const noexcept override { return id_; }
  Nanos now_ns() const noexcept override;
  void leave(Fiber& fiber, AfterSwitch after) noexcept override;
  void make_runnable(Fiber& fiber, Origin::Kind why) noexcept override;
  void wake_at(Timer& timer, Nanos due_ns) override { timers_.add(timer, due_ns); }
  bool spawn(Fiber::Job job) override { return spawn_from(crew_, id_, kNoWorker, std::move(job)); }
  void recycle(Fiber& fiber) noexcept override { crew_.fibers.release(fiber); }

 private:
  // ReactorSink
  void on_fiber_ready(Fiber& fiber, WakeReason reason) noexcept override;
  void on_acceptable() noexcept override;

  enum class Found : std::uint8_t { nothing, work };

  Found carry_next();  // one fiber, if the scheduler has one
  Found take(Pick pick);
  void look();          // at the reactor, without blocking, and at all that has a time
  Found search();       // asks again, as one of the few that may
  void park();          // blocks until there is something, or until the next time is due
  Found claim_stuck();  // polls for workers that have not looked for long
  void carry(Fiber& fiber) noexcept;

  void after_turn();           // what follows every turn of the reactor
  void take_in(Nanos now_ns);  // hands what the reactor reported to the scheduler
  void sweep(Nanos now_ns);
  Found accept_some();
  void take_connection(int fd);
  Crew::Phase phase() const noexcept;
  void obey_phase();
  Nanos next_due_ns() const noexcept;
  static void wake(Crew& crew, WorkerId sleeper) noexcept;

  const WorkerId id_;
  Crew& crew_;
  Context context_;
  AfterSwitch after_switch_;
  Reactor reactor_;
  TimerHeap timers_;
  std::vector<Fiber*> ready_;  // reported by a turn of the reactor, not yet submitted
  Nanos next_sweep_ns_ = 0;
  int listen_fd_ = -1;       // borrowed; -1: it does not accept
  bool acceptable_ = false;  // the reactor says so
  bool had_more_ = false;    // the last round ended at poll_every, not at an empty queue
  Crew::Phase phase_seen_ = Crew::Phase::serving;
  std::atomic<Nanos> last_look_ns_{0};
  std::atomic<bool> parked_{false};
  WorkerCounters counters_;
};

}  // namespace etude
