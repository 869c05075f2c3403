// experiments/simulator/server.h
//
// The simulated server: workers that go through the loop of core/runtime/worker.cpp one operation
// at a time, a real Scheduler, the real parking protocol, and connections whose fibers do what
// core/http/ does. An operation takes effect when it begins, and the worker goes on when its cost
// is over. server.cpp sets up and counts, worker_loop.cpp is the worker, turns.cpp the fiber.
//
// Threads:   one.
// Ownership: borrows the world; owns scheduler, parking and connections.

#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "core/histogram.h"
#include "core/runtime/parking.h"
#include "core/scheduler.h"
#include "experiments/simulator/charges.h"
#include "experiments/simulator/cores.h"
#include "experiments/simulator/jobs.h"
#include "experiments/simulator/simulate.h"
#include "experiments/simulator/timed_call.h"
#include "experiments/simulator/waiting.h"
#include "experiments/simulator/world.h"

namespace etude::sim {

class Server {
 public:
  // Requests that a fiber answers before others get their turn, as in core/http/server.h.
  static constexpr std::uint32_t kRequestsPerTurn = 64;

  // `cores` is nullptr where each worker has a core of its own.
  Server(World& world, const Charges& charges, Cores* cores);

  // Every worker begins its loop.
  void start();

  // Events.
  void go_on(std::uint32_t worker);
  void unblock(std::uint32_t worker);
  void wake_up(std::uint32_t worker);
  void alarm(std::uint32_t worker, std::uint32_t park);
  // Whether that woke the worker in its sleep at the sockets.
  bool requests_arrive(std::uint32_t connection, std::uint32_t count);
  void sleep_is_over(std::uint32_t connection);

  // Adds to its worker's next step what it cost to wake the client.
  void pay_for_waking(std::uint32_t connection);

  void begin_measure();
  void end_measure();
  void report(Outcome& outcome) const;

 private:
  // What a worker does next.
  enum class Step : std::uint8_t {
    next,          // asks the scheduler, in its round
    picked,        // has asked
    run,           // carries on the fiber
    up,            // comes out of its sleep
    awake,         // says so
    turned,        // has been told by its reactor
    take_in,       // hands that to the scheduler, one by one
    timers,        // and the sleepers whose time has come
    search,        // looks for stuck peers, where workers claim
    search_begin,  // asks whether it may search
    search_next,   // asks the scheduler once more
    searched,      // has asked
    calls,         // in the middle of asking: looks were paid for
    announce,      // is about to park: asks for the last time
    asked_last,    // has asked
    park,          // goes to sleep, if there was nothing
  };

  struct Worker {
    WorkerId id{};
    Step step = Step::next;
    bool had_more = false;
    bool parked = false;    // in the reactor's wait
    bool waking = false;    // its wake-up is on its way
    bool doorbell = false;  // rung, and not looked at
    std::uint32_t carried = 0;
    std::uint32_t rounds = 0;
    std::uint32_t parks = 0;         // tells an alarm from one of an earlier park
    std::uint32_t shared_count = 0;  // of the batch that it takes in
    std::size_t ready_at = 0;        // the first of `ready` that is not submitted
    std::size_t due_at = 0;          // the same of `due`
    Step after_take_in = Step::next;
    double fraction_ns = 0;   // of costs that make no whole ns yet
    Nanos busy_until_ns = 0;  // where what is counted as busy ends
    Nanos last_look_ns = 0;
    Nanos ready_since_ns = 0;  // when those of `ready` were seen
    Pick pick;
    TimedCalls::Call call;
    Step after_call = Step::next;
    CallCounts before;  // the call, its looks apart, which are paid for as they are made
    Job* job = nullptr;
    std::vector<Connection*> reported;  // by its reactor, to whoever polls it
    std::vector<Connection*> ready;     // taken from a reactor, not submitted yet
    std::vector<Connection*> due;       // sleepers, by time
    WorkerOutcome counts;
    WorkerOutcome counts_before;  // when the measured time began
    WorkerOutcome outcome;        // over the measured time
  };

  static constexpr double kStops = -1;  // instead of a cost: an event goes on with it

  double step(Worker& worker);
  void pass(Worker& worker, Nanos length_ns);
  double ask(Worker& worker, Step then);
  double ask_at_once(Worker& worker, Step then, const SchedulerCounters& counters);
  double ask_in_time(Worker& worker, std::uint64_t looks);
  double call_ns(const Worker& worker, const CallCounts& before, const CallCounts& after);
  void note_pick(Worker& worker);
  double next(Worker& worker);
  double take(Worker& worker);
  double turn_reactor(Worker& worker, Worker& of);
  double take_in(Worker& worker);
  double fire_timers(Worker& worker);
  double claim_stuck(Worker& worker);
  double search_next(Worker& worker);
  double announce(Worker& worker);
  double asked_last(Worker& worker);
  double park(Worker& worker);
  bool rouse(Worker& worker);
  void ring(WorkerId sleeper);
  double wake(WorkerId sleeper) {
    if (sleeper == kNoWorker) return 0;
    ring(sleeper);
    return charges_.wake_ns;
  }

  double submit(Job& job, WorkerId from, Origin origin, Placement& placement);
  double make_runnable(Worker& worker, Job& job, Origin::Kind why);
  double hold_lock() noexcept;

  double run(Worker& worker);
  double run_connection(Worker& worker, Connection& connection);
  double serve(Connection& connection);
  double keep_core(Connection& connection);
  double after_join(Connection& connection);
  double after_block(Connection& connection);
  double end_request(Connection& connection);
  void begin_need(Connection& connection) noexcept;
  void add_need(const Connection& connection, Nanos more_ns) noexcept;
  void sleep(const Connection& connection);
  double block(Worker& worker, Connection& connection);
  double end_turn(Worker& worker, Connection& connection);
  double spawn_next(Worker& worker, Connection& connection);
  double end_child(Worker& worker, Child& child);
  double give_way(Worker& worker, Connection& connection);
  double leave(Worker& worker) noexcept;
  void write(Connection& connection);
  const Handler& handler_of(const Connection& connection) const noexcept;

  std::uint32_t number_of(const Connection& connection) const noexcept {
    return static_cast<std::uint32_t>(&connection - connections_.data());
  }
  Worker& worker_of(WorkerId id) noexcept { return workers_[index(id)]; }
  WorkerId home_of(std::uint32_t connection) noexcept;
  WorkerOutcome counts_of(const Worker& worker) const;
  static WorkerOutcome since(const WorkerOutcome& before, const WorkerOutcome& now) noexcept;

  World& world_;
  const Charges& charges_;
  Cores* cores_;
  std::unique_ptr<Scheduler> scheduler_;
  Parking<std::atomic> parking_;
  Waiting waiting_;
  std::vector<Worker> workers_;
  std::vector<Connection> connections_;  // those beside the load behind the others
  ChildPool children_;
  std::optional<TimedCalls> timed_calls_;  // from the first look that costs something
  bool shares_tasks_ = false;              // so far
  double lock_free_ns_ = 0;  // when the last one in the lock's queue will have left it
  Nanos service_ns_ = 0;     // drawn in the measured time
  Histogram sched_delay_{6};
};

}  // namespace etude::sim
