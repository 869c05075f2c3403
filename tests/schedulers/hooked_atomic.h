// tests/schedulers/hooked_atomic.h
//
// Atomics that run a hook before each exchange, so that a test can let another party act between
// what a caller has read and what it tries to write: a race without threads. Also the proof that
// the policies use nothing of std::atomic but what is listed here.
//
// Threads: one.

#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <utility>

namespace etude {

// Runs once, at the next exchange of any HookedAtomic.
inline std::function<void()> before_next_exchange;

template <typename T>
class HookedAtomic {
 public:
  HookedAtomic() noexcept = default;
  HookedAtomic(T value) noexcept : value_(value) {}

  T load(std::memory_order) const noexcept { return value_; }
  void store(T value, std::memory_order) noexcept { value_ = value; }
  T exchange(T value, std::memory_order) noexcept {
    run_hook();
    return std::exchange(value_, value);
  }
  T fetch_add(T by, std::memory_order) noexcept { return std::exchange(value_, value_ + by); }
  T fetch_sub(T by, std::memory_order) noexcept { return std::exchange(value_, value_ - by); }
  bool compare_exchange_weak(T& expected, T desired, std::memory_order success,
                             std::memory_order failure) noexcept {
    return compare_exchange_strong(expected, desired, success, failure);
  }
  bool compare_exchange_strong(T& expected, T desired, std::memory_order,
                               std::memory_order) noexcept {
    run_hook();
    if (value_ != expected) {
      expected = value_;
      return false;
    }
    value_ = desired;
    return true;
  }

 private:
  static void run_hook() {
    if (before_next_exchange) std::exchange(before_next_exchange, nullptr)();
  }

  T value_{};
};

// Runs once, at the next turn of a spin lock that waits. on_spin() is found by argument-dependent
// lookup, in place of the one for std::atomic.
inline std::function<void()> on_next_spin;
template <typename T>
void on_spin(const HookedAtomic<T>&, std::uint32_t) noexcept {
  if (on_next_spin) std::exchange(on_next_spin, nullptr)();
}

}  // namespace etude
