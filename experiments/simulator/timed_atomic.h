// experiments/simulator/timed_atomic.h
//
// Stands in for std::atomic in policies that are written over `template <typename> class Atomic`:
// the same members, over a plain variable, since a simulation runs on one thread; before each of
// them the call that makes it pays for its looks (timed_call.h). Outside of a call it is a plain
// variable.
//
// Threads: that of the simulation.
// Limits:  a weak exchange never fails by itself. Every order is a total one: operations take
//          effect one after the other.

#pragma once

#include <atomic>
#include <cstdint>

#include "core/failure.h"
#include "experiments/simulator/timed_call.h"

namespace etude::sim {

template <typename T>
class TimedAtomic {
 public:
  TimedAtomic() noexcept = default;
  TimedAtomic(T value) noexcept : value_(value) {}
  TimedAtomic(const TimedAtomic&) = delete;
  TimedAtomic& operator=(const TimedAtomic&) = delete;

  T load(std::memory_order) const noexcept {
    pay_for_looks();
    return value_;
  }
  void store(T value, std::memory_order) noexcept {
    pay_for_looks();
    value_ = value;
  }
  T exchange(T value, std::memory_order) noexcept {
    pay_for_looks();
    const T old = value_;
    value_ = value;
    return old;
  }
  T fetch_add(T by, std::memory_order) noexcept {
    pay_for_looks();
    const T old = value_;
    value_ = static_cast<T>(old + by);
    return old;
  }
  T fetch_sub(T by, std::memory_order) noexcept {
    pay_for_looks();
    const T old = value_;
    value_ = static_cast<T>(old - by);
    return old;
  }
  bool compare_exchange_strong(T& expected, T wanted, std::memory_order,
                               std::memory_order) noexcept {
    pay_for_looks();
    if (value_ != expected) {
      expected = value_;
      return false;
    }
    value_ = wanted;
    return true;
  }
  bool compare_exchange_weak(T& expected, T wanted, std::memory_order success,
                             std::memory_order failure) noexcept {
    return compare_exchange_strong(expected, wanted, success, failure);
  }

 private:
  T value_{};
};

// A call stops only where it has just counted a look, and no policy looks with a lock held.
template <typename T>
[[noreturn]] void on_spin(const TimedAtomic<T>&, std::uint32_t /*turn*/) noexcept {
  fail("no policy looks at a peer while it holds a lock");
}

}  // namespace etude::sim
