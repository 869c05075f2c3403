// experiments/simulator/event_queue.h
//
// What happens when: the simulator's one clock. A 4-ary heap by time, and a ring for what is to
// happen at the present moment, which needs no heap. README.md has the measurement that chose it.
//
// Threads:  one.
// Ordering: by time; events of one moment in the order in which they were scheduled.
// Limits:   grows to the most events that ever waited at once, then allocates no more.

#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/failure.h"
#include "core/types.h"
#include "experiments/simulator/ring.h"

namespace etude::sim {

struct Event {
  Nanos time_ns = 0;
  std::uint64_t sequence = 0;
  std::uint32_t id = 0;          // of the worker, connection or core it is about
  std::uint32_t kind : 8 = 0;    // its user's enumeration
  std::uint32_t value : 24 = 0;  // its user's
};

class EventQueue {
 public:
  static constexpr std::uint32_t kValueMax = (1U << 24U) - 1;

  // The time of the last event taken.
  Nanos now_ns() const noexcept { return now_ns_; }
  bool empty() const noexcept { return heap_.empty() && ring_.empty(); }

  // Requires: time_ns is not in the past.
  void add(Nanos time_ns, std::uint32_t kind, std::uint32_t id, std::uint32_t value = 0) {
    Event event{.time_ns = time_ns, .sequence = sequence_++, .id = id, .kind = kind & 0xffU};
    event.value = value & kValueMax;
    if (time_ns == now_ns_) {
      ring_.push(event);
    } else {
      add_to_heap(event);
    }
  }

  // Requires: not empty.
  Event take() noexcept {
    // What the heap has for this moment was scheduled before this moment began.
    if (!ring_.empty() && (heap_.empty() || heap_[0].time_ns > now_ns_)) return ring_.pop();
    const Event first = heap_[0];
    now_ns_ = first.time_ns;
    const Event last = heap_.back();
    heap_.pop_back();
    if (!heap_.empty()) sink(last);
    return first;
  }

 private:
  static constexpr std::size_t kChildren = 4;

  static bool before(const Event& a, const Event& b) noexcept {
    return a.time_ns != b.time_ns ? a.time_ns < b.time_ns : a.sequence < b.sequence;
  }

  void add_to_heap(const Event& event) {
    require(event.time_ns > now_ns_, "an event lies in the future");
    std::size_t hole = heap_.size();
    heap_.push_back(event);
    while (hole > 0) {
      const std::size_t parent = (hole - 1) / kChildren;
      if (!before(event, heap_[parent])) break;
      heap_[hole] = heap_[parent];
      hole = parent;
    }
    heap_[hole] = event;
  }

  // `event` takes the place of the first, which is gone.
  void sink(const Event& event) noexcept {
    const std::size_t size = heap_.size();
    std::size_t hole = 0;
    for (;;) {
      const std::size_t begin = hole * kChildren + 1;
      if (begin >= size) break;
      const std::size_t end = begin + kChildren < size ? begin + kChildren : size;
      std::size_t least = begin;
      for (std::size_t child = begin + 1; child < end; ++child) {
        if (before(heap_[child], heap_[least])) least = child;
      }
      if (!before(heap_[least], event)) break;
      heap_[hole] = heap_[least];
      hole = least;
    }
    heap_[hole] = event;
  }

  Nanos now_ns_ = 0;
  std::uint64_t sequence_ = 0;
  std::vector<Event> heap_;
  Ring<Event> ring_;  // of the present moment
};

}  // namespace etude::sim
