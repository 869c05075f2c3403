// tests/schedulers/yielding_atomic.h
//
// std::atomic that now and then gives its core away just before an operation: so threads meet
// inside each other's critical moments even on one core, or on a busy machine, where a window of a
// few instructions is else hardly ever hit. What it cannot show is reordering by the hardware; the
// schedule explorer does.
//
// Threads: any.

#pragma once

#include <sched.h>

#include <atomic>
#include <cstdint>

#include "core/random.h"

namespace etude {

template <typename T>
class YieldingAtomic {
 public:
  YieldingAtomic() noexcept = default;
  YieldingAtomic(T value) noexcept : value_(value) {}

  T load(std::memory_order order) const noexcept {
    yield_sometimes();
    return value_.load(order);
  }
  void store(T value, std::memory_order order) noexcept {
    yield_sometimes();
    value_.store(value, order);
  }
  T exchange(T value, std::memory_order order) noexcept {
    yield_sometimes();
    return value_.exchange(value, order);
  }
  T fetch_add(T by, std::memory_order order) noexcept { return value_.fetch_add(by, order); }
  T fetch_sub(T by, std::memory_order order) noexcept { return value_.fetch_sub(by, order); }
  bool compare_exchange_weak(T& expected, T desired, std::memory_order success,
                             std::memory_order failure) noexcept {
    yield_sometimes();
    return value_.compare_exchange_weak(expected, desired, success, failure);
  }
  bool compare_exchange_strong(T& expected, T desired, std::memory_order success,
                               std::memory_order failure) noexcept {
    yield_sometimes();
    return value_.compare_exchange_strong(expected, desired, success, failure);
  }

 private:
  static void yield_sometimes() noexcept {
    thread_local Rng rng(reinterpret_cast<std::uintptr_t>(&rng));  // each thread its own
    if (rng.below(32) == 0) sched_yield();
  }

  std::atomic<T> value_{};
};

template <typename T>
void on_spin(const YieldingAtomic<T>&, std::uint32_t) noexcept {
  sched_yield();
}

}  // namespace etude
