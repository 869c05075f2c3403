// schedulers/spin_lock.h
//
// A lock for a few instructions at a time, with no sleeping primitive behind it: a scheduler must
// not block. Who has to wait spins, and after a while offers its CPU to the kernel, because the
// holder may have been preempted on this very core. Not fair.
//
// Threads:  any. The one that locked unlocks.
// Ordering: lock() sees what was written before the unlock() it follows.
// Limits:   not recursive.
//
// Each turn of a waiting thread calls on_spin(atomic, turn). Another Atomic brings its own by
// declaring one in its namespace, where argument-dependent lookup finds it: a schedule explorer
// lets somebody else run there.

#pragma once

#include <sched.h>

#include <atomic>
#include <cstdint>

namespace etude {

template <typename T>
void on_spin(const std::atomic<T>&, std::uint32_t turn) noexcept {
  constexpr std::uint32_t kTurnsBeforeYield = 64;  // chosen by hand: longer than the lock is held
  if (turn >= kTurnsBeforeYield) {
    sched_yield();
  } else {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    asm volatile("yield");
#endif
  }
}

template <template <typename> class Atomic>
class SpinLock {
 public:
  void lock() noexcept {
    std::uint32_t turn = 0;
    // acquire: pairs with unlock().
    while (locked_.exchange(true, std::memory_order_acquire)) {
      // relaxed: only a hint when to try again; waiting by reading leaves the line to the holder.
      do {
        on_spin(locked_, turn++);
      } while (locked_.load(std::memory_order_relaxed));
    }
  }

  // release: pairs with lock().
  void unlock() noexcept { locked_.store(false, std::memory_order_release); }

 private:
  Atomic<bool> locked_{false};
};

}  // namespace etude
