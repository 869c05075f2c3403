// core/counters.h
//
// Numbers that one thread writes and anybody may read: what a scheduler and a worker did so far.
// Names, units and meanings as others see them, and what is made of them: worker_stats.h.
//
// Threads:  add(), set(), raise_to() by the owner only; value() from any thread at any time.
// Ordering: none. A reader sees each counter at some recent moment, not all at the same one.

#pragma once

#include <atomic>
#include <cstdint>

namespace etude {

// A load and a store instead of a fetch_add: with one writer nothing can come between them, and no
// locked instruction is paid.
class OwnerCounter {
 public:
  void add(std::uint64_t by = 1) noexcept { set(value() + by); }
  void set(std::uint64_t value) noexcept { value_.store(value, std::memory_order_relaxed); }
  void raise_to(std::uint64_t value_seen) noexcept {
    if (value_seen > value()) set(value_seen);
  }
  std::uint64_t value() const noexcept { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

// What a scheduling policy did for one worker. The names are those of workers.csv.
// Each row is written by that worker alone. So a task that reaches a queue by another hand (an
// inbox, or a central queue filled by a thread that is no worker) is counted by the worker that
// finds it there, and not before.
//
// The balance. Every task that next(w) returns is counted once in w's row: in local_takes if it
// came from a queue that w owns or that nobody owns, else as the first task of a successful probe.
// Summed over all workers, while nobody is inside a call,
//   local_submits + remote_submits = local_takes + steal_successes + waiting,
// where `waiting` leaves out the tasks that nobody has found yet; on an empty scheduler it is 0.
// The other tasks of a successful probe, steal_tasks - steal_successes of them, went on to wait
// with the thief; whoever returns one later counts it then.
struct alignas(64) SchedulerCounters {
  OwnerCounter local_submits;   // tasks that `w` submitted to a queue of its own or of nobody's
  OwnerCounter remote_submits;  // tasks that others made wait, found by `w`
  OwnerCounter local_takes;     // tasks that next(w) returned without stealing them
  OwnerCounter steal_attempts;  // other workers that `w` looked at for work: at most all per next()
  OwnerCounter steal_successes;  // those that had some; next(w) returned the first of it
  OwnerCounter steal_tasks;      // tasks they gave: with steal=half more than successes
  OwnerCounter steal_lost;       // races for one task lost to another worker: then `w` tried again
  OwnerCounter offered;          // the sum of Pick::offered and Placement::offered
  OwnerCounter overflow;         // tasks that did not fit their first queue and went to another
  OwnerCounter depth;            // tasks waiting in w's own queues without its inbox, as `w` last
                                 // saw them; with a central queue, the tasks in that (not to be
                                 // added up over the workers)
  OwnerCounter depth_max;        // the most of them at one moment
};

// What a worker's loop did.
struct LoopCounters {
  OwnerCounter switches;       // fibers carried on
  OwnerCounter migrations;     // of them, fibers that last ran on another worker
  OwnerCounter polls;          // looks at a reactor, blocking or not
  OwnerCounter io_events;      // events those looks reported
  OwnerCounter timer_fires;    // sleeps ended
  OwnerCounter claims;         // polls of another worker's reactor
  OwnerCounter accepted;       // connections accepted
  OwnerCounter accept_errors;  // accepts the machine refused, descriptors out among them
  OwnerCounter refused;        // connections over the limit
};

// What the parking protocol (runtime/parking.h) did for one worker.
struct ParkingCounters {
  OwnerCounter parks;           // times it was told to block
  OwnerCounter wakes_sent;      // permits it moved to notified: wake-up writes
  OwnerCounter wakes_received;  // notifications it took
};

}  // namespace etude
