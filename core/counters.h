// core/counters.h
//
// Numbers that one thread writes and anybody may read: what a scheduler and a worker did so far.
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
// Each is written by that worker alone: a submission from elsewhere is counted by its receiver,
// when it finds it. Over a quiet scheduler,
//   local_submits + remote_submits of all workers = local_takes + steal_tasks + what still waits,
// with every taken task counted once, where it was returned by next().
struct alignas(64) SchedulerCounters {
  OwnerCounter local_submits;    // tasks that `w` itself made wait
  OwnerCounter remote_submits;   // tasks that others made wait for `w`, counted when `w` sees them
  OwnerCounter local_takes;      // tasks that next(w) returned without stealing them
  OwnerCounter steal_attempts;   // probes of another worker's queue, or of a shared one for surplus
  OwnerCounter steal_successes;  // probes that brought at least one task
  OwnerCounter steal_tasks;      // tasks brought by them: with steal=half more than successes
  OwnerCounter steal_lost;       // probes that lost a race; the queue was not empty
  OwnerCounter offered;          // tasks moved from a private queue to where others may take them
  OwnerCounter overflow;         // tasks that did not fit their first queue and went to another
  OwnerCounter depth;            // tasks waiting in `w`'s own queues, as `w` last saw them
  OwnerCounter depth_max;        // the most of them at one moment
};

}  // namespace etude
