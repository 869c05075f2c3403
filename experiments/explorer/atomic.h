// experiments/explorer/atomic.h
//
// Stands in for std::atomic in code that is written over `template <typename> class Atomic`: the
// same members, each a step of the machine that runs (machine.h). Outside of a run, in set-up and
// in checks, it is a plain variable.
//
// Threads: those of the machine.
// Limits:  values of up to eight bytes. What an order forbids, the machine forbids only as far as
//          x86 needs the order for it: acquire and release come free there. A weak exchange never
//          fails by itself.

#pragma once

#include <atomic>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "experiments/explorer/machine.h"

namespace etude::explorer {

template <typename T>
class Atomic {
  static_assert(std::is_trivially_copyable_v<T>);
  static_assert(sizeof(T) <= sizeof(std::uint64_t));

 public:
  Atomic() noexcept : Atomic(T{}) {}
  Atomic(T value) noexcept { cell_.bits = bits_of(value); }
  Atomic(const Atomic&) = delete;
  Atomic& operator=(const Atomic&) = delete;

  T load(std::memory_order /*every load is an acquire*/) const noexcept {
    Machine* const machine = Machine::running();
    return value_of(machine != nullptr ? machine->load(cell_) : cell_.bits);
  }

  void store(T value, std::memory_order order) noexcept {
    Machine* const machine = Machine::running();
    if (machine == nullptr) {
      cell_.bits = bits_of(value);
    } else if (order == std::memory_order_seq_cst) {  // xchg
      machine->lock_step();
      machine->write(cell_, bits_of(value));
    } else {
      machine->store(cell_, bits_of(value));
    }
  }

  T exchange(T value, std::memory_order) noexcept {
    return change([&](T) { return value; });
  }
  T fetch_add(T by, std::memory_order) noexcept {
    return change([&](T old) { return static_cast<T>(old + by); });
  }
  T fetch_sub(T by, std::memory_order) noexcept {
    return change([&](T old) { return static_cast<T>(old - by); });
  }

  bool compare_exchange_strong(T& expected, T wanted, std::memory_order,
                               std::memory_order) noexcept {
    const T wished = expected;
    expected = change([&](T old) { return bits_of(old) == bits_of(wished) ? wanted : old; });
    return bits_of(expected) == bits_of(wished);
  }
  bool compare_exchange_weak(T& expected, T wanted, std::memory_order success,
                             std::memory_order failure) noexcept {
    return compare_exchange_strong(expected, wanted, success, failure);
  }

 private:
  static std::uint64_t bits_of(T value) noexcept {
    std::uint64_t bits = 0;
    std::memcpy(&bits, &value, sizeof value);
    return bits;
  }
  static T value_of(std::uint64_t bits) noexcept {
    T value;
    std::memcpy(&value, &bits, sizeof value);
    return value;
  }

  // A locked operation: next(old) is the new value.
  template <typename Next>
  T change(Next&& next) noexcept {
    Machine* const machine = Machine::running();
    if (machine != nullptr) machine->lock_step();
    const T old = value_of(cell_.bits);
    const std::uint64_t bits = bits_of(next(old));
    if (machine != nullptr) {
      machine->write(cell_, bits);
    } else {
      cell_.bits = bits;
    }
    return old;
  }

  Machine::Cell cell_;
};

// What a waiting turn of schedulers/spin_lock.h does here: nothing, until memory changes.
template <typename T>
void on_spin(const Atomic<T>&, std::uint32_t /*turn*/) noexcept {
  if (Machine* const machine = Machine::running(); machine != nullptr) machine->spin();
}

}  // namespace etude::explorer
