// experiments/simulator/client.h
//
// The simulated client: it asks as experiments/load/ does, in closed loop (batch or window, with
// think times) or in open loop, and keeps the same books with the same recorder. An ideal client
// answers at once and costs nothing. A modelled one has threads, each an event loop that handles
// one connection at a time and sleeps when it has nothing to do.
//
// Threads:   one.
// Ownership: borrows the world.

#pragma once

#include <cstdint>
#include <deque>
#include <utility>
#include <vector>

#include "experiments/load/recorder.h"
#include "experiments/load/result.h"
#include "experiments/load/sent_log.h"
#include "experiments/simulator/charges.h"
#include "experiments/simulator/cores.h"
#include "experiments/simulator/ring.h"
#include "experiments/simulator/schedule.h"
#include "experiments/simulator/simulate.h"
#include "experiments/simulator/world.h"

namespace etude::sim {

class Client {
 public:
  // `cores` is nullptr where each thread has a core of its own.
  Client(World& world, const Charges& charges, Cores* cores);

  void start();

  // Events.
  // Whether that woke a thread in its sleep.
  bool answers_arrive(std::uint32_t connection, std::uint32_t count);
  void has_thought(std::uint32_t connection);
  void arrival_is_due();
  void thread_goes_on(std::uint32_t thread);  // on its core
  void thread_wakes(std::uint32_t thread);

  // Adds to its thread's next step what it cost to wake the connection's worker.
  void pay_for_waking(std::uint32_t connection);

  // The measured time has come to its end: a closed loop sends nothing more, an open one has no
  // more arrivals.
  void stop();
  // Requires: the world's measure_end_ns was moved.
  void end_earlier();
  // Whether requests of an open loop's measured time are still to be answered.
  bool owes_something() const noexcept {
    return schedule_.is_open() && (recorder_.inflight() > 0 || waiting_ > 0);
  }
  std::uint64_t answered() const noexcept { return recorder_.tally().requests; }
  // Arrivals that are due and found no connection with room.
  std::uint64_t backlog() const noexcept { return waiting_; }

  // Closes the books. Requires: called once.
  void report(Outcome& outcome);

 private:
  struct Asker {  // a connection as the client sees it
    load::SentLog log;
    std::uint32_t outstanding = 0;
    std::uint32_t unread = 0;  // answers that its thread has not handled
    std::uint32_t asked = 0;   // so far
    std::uint32_t measured = 0;
    Nanos since_ns = 0;     // the batch began
    bool in_turn = false;   // stands in a row of connections with room
    bool listed = false;    // stands in its thread's row of things to do
    bool may_send = false;  // it has thought
  };

  // A share of the load, as one thread of a real one: connections with room, and arrivals that wait
  // for one.
  struct Thread {
    Ring<std::uint32_t> roomy;
    Ring<Nanos> due;            // arrivals, by the time they were meant for
    Ring<std::uint32_t> to_do;  // connections with answers, or that may send
    bool asleep = true;
    bool waking = false;
    bool handles = false;  // something: `current`, or an arrival
    std::uint32_t current = kArrival;
    std::uint32_t answers = 0;  // of `current`, that it has read
    Nanos busy_ns = 0;
    Nanos busy_until_ns = 0;  // where what is counted as busy ends
    double fraction_ns = 0;
  };
  static constexpr std::uint32_t kArrival = 0xffff'ffffU;  // no connection

  bool is_ideal() const noexcept { return world_.model.client.threads == 0; }
  bool is_beside(std::uint32_t asker) const noexcept { return asker >= world_.model.connections; }
  bool is_open(std::uint32_t asker) const noexcept {
    return schedule_.is_open() && !is_beside(asker);
  }
  Thread& thread_of(std::uint32_t asker) noexcept;
  std::uint32_t room_of(std::uint32_t asker) const noexcept;
  load::Recorder& recorder_of(std::uint32_t asker) noexcept {
    return is_beside(asker) ? beside_ : recorder_;
  }

  void open();
  void take_answers(std::uint32_t asker, std::uint32_t count);
  void account(std::uint32_t asker, Asker& state, std::uint32_t count);
  void note_slowdown(std::uint32_t asker, const load::SentGroup& group, std::uint32_t number);
  void refill(std::uint32_t asker);
  void begin_to_ask(std::uint32_t asker);
  void send_next(std::uint32_t asker);
  void send(std::uint32_t asker, std::uint32_t count, Nanos intended_ns);
  void think(std::uint32_t asker, bool first);
  void offer(std::uint32_t asker);
  void dispatch_one(Thread& thread);
  bool has_due(const Thread& thread) const noexcept {
    return !thread.due.empty() && !thread.roomy.empty();
  }
  void next_arrival();

  bool list(std::uint32_t asker);
  bool rouse(std::uint32_t thread);
  bool begin_next(Thread& thread, double& cost);
  void finish(Thread& thread);

  World& world_;
  const Charges& charges_;
  Cores* cores_;
  std::uint32_t first_thread_ = 0;  // of the cores' threads
  Schedule schedule_;
  bool stopped_ = false;
  std::uint64_t waiting_ = 0;  // arrivals that are due and not sent
  std::vector<Asker> askers_;
  std::vector<Thread> threads_;  // one, that is never asleep, for an ideal client
  load::Recorder recorder_;
  load::Recorder beside_;
  Histogram slowdown_{8};
  std::deque<ClassOutcome> classes_;  // empty: there is one
};

}  // namespace etude::sim
