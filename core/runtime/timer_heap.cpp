#include "core/runtime/timer_heap.h"

#include "core/failure.h"

namespace etude {

void TimerHeap::add(Timer& timer, Nanos due_ns) {
  require(timer.position == Timer::kNotWaiting, "a timer is added once at a time");
  timer.due_ns = due_ns;
  heap_.push_back(&timer);
  timer.position = heap_.size() - 1;
  rise(timer.position);
}

void TimerHeap::cancel(Timer& timer) noexcept {
  if (timer.position != Timer::kNotWaiting) remove_at(timer.position);
}

Timer* TimerHeap::pop_due(Nanos now_ns) noexcept {
  if (heap_.empty() || heap_[0]->due_ns > now_ns) return nullptr;
  Timer* const due = heap_[0];
  remove_at(0);
  return due;
}

void TimerHeap::place(std::size_t position, Timer* timer) noexcept {
  heap_[position] = timer;
  timer->position = position;
}

void TimerHeap::rise(std::size_t position) noexcept {
  Timer* const timer = heap_[position];
  while (position > 0) {
    const std::size_t parent = (position - 1) / 2;
    if (heap_[parent]->due_ns <= timer->due_ns) break;
    place(position, heap_[parent]);
    position = parent;
  }
  place(position, timer);
}

void TimerHeap::sink(std::size_t position) noexcept {
  Timer* const timer = heap_[position];
  for (;;) {
    std::size_t child = 2 * position + 1;
    if (child >= heap_.size()) break;
    if (child + 1 < heap_.size() && heap_[child + 1]->due_ns < heap_[child]->due_ns) ++child;
    if (timer->due_ns <= heap_[child]->due_ns) break;
    place(position, heap_[child]);
    position = child;
  }
  place(position, timer);
}

void TimerHeap::remove_at(std::size_t position) noexcept {
  heap_[position]->position = Timer::kNotWaiting;
  Timer* const last = heap_.back();
  heap_.pop_back();
  if (position == heap_.size()) return;
  place(position, last);
  rise(position);
  sink(last->position);
}

}  // namespace etude
