// core/runtime/timer_heap.h
//
// What wakes at which time: a binary heap of timers that lie where their users put them.
//
// Threads:   one at a time; each worker has its own.
// Ownership: a Timer is borrowed from add() until pop_due() or cancel(), and must stay in place.
// Ordering:  timers come out by time; equal times in no particular order.
// Limits:    none. The heap's array grows to the most timers that ever waited at once.

#pragma once

#include <cstddef>
#include <limits>
#include <vector>

#include "core/types.h"

namespace etude {

class Fiber;

struct Timer {
  static constexpr std::size_t kNotWaiting = std::numeric_limits<std::size_t>::max();

  Fiber* sleeper = nullptr;  // whom to wake; its user's business
  Nanos due_ns = 0;
  std::size_t position = kNotWaiting;  // in the heap; the heap's own
};

class TimerHeap {
 public:
  static constexpr Nanos kNever_ns = std::numeric_limits<Nanos>::max();

  void add(Timer& timer, Nanos due_ns);
  void cancel(Timer& timer) noexcept;  // nothing happens when it does not wait

  // Takes one timer that is due by now, or nullptr.
  Timer* pop_due(Nanos now_ns) noexcept;

  Nanos earliest_ns() const noexcept { return heap_.empty() ? kNever_ns : heap_[0]->due_ns; }
  std::size_t size() const noexcept { return heap_.size(); }

 private:
  void place(std::size_t position, Timer* timer) noexcept;
  void rise(std::size_t position) noexcept;
  void sink(std::size_t position) noexcept;
  void remove_at(std::size_t position) noexcept;

  std::vector<Timer*> heap_;
};

}  // namespace etude
