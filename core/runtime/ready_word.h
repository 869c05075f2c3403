// core/runtime/ready_word.h
//
// Where one fiber waits for one thing to become ready: nothing yet, ready, or the fiber that
// waits, in a single atomic word, so that readiness and waiter cannot pass each other unseen.
//
// Threads:   raise() and withdraw() from any thread; consume() and publish() for the one fiber
//            that may wait here.
// Ownership: the fiber is borrowed from publish() until raise() or withdraw() hands it back, to
//            exactly one caller, who then makes it runnable.
// Ordering:  what was written before raise() is visible after the consume() that saw it.
// Source:    the idea of one word for both is that of Go's network poller (runtime/netpoll.go).

#pragma once

#include <atomic>
#include <cstdint>

namespace etude {

class Fiber;

class ReadyWord {
 public:
  // Makes it ready. Returns the fiber that waited, for the caller to make runnable.
  [[nodiscard]] Fiber* raise() noexcept {
    // acq_rel: releases what made it ready, and acquires the saved context of the waiter.
    const std::uintptr_t before = word_.exchange(kReady, std::memory_order_acq_rel);
    return before > kReady ? to_fiber(before) : nullptr;
  }

  // Takes the readiness, if there is one.
  [[nodiscard]] bool consume() noexcept {
    // relaxed: a hint; the exchange below acquires.
    if (word_.load(std::memory_order_relaxed) != kReady) return false;
    word_.exchange(kNothing, std::memory_order_acquire);
    return true;
  }

  // Lets `fiber`, whose context is saved, wait here. False: it is ready already.
  [[nodiscard]] bool publish(Fiber& fiber) noexcept {
    std::uintptr_t expected = kNothing;
    // release: hands the saved context to whoever raises. relaxed on failure: nothing is read.
    return word_.compare_exchange_strong(expected, reinterpret_cast<std::uintptr_t>(&fiber),
                                         std::memory_order_release, std::memory_order_relaxed);
  }

  // Takes the waiting fiber back without making anything ready: its time is up. nullptr: nobody
  // waits, or another caller was first. The fiber checks its own deadline: it may have been
  // woken and have begun to wait anew between the caller's decision and this call.
  [[nodiscard]] Fiber* withdraw() noexcept {
    std::uintptr_t waiter = word_.load(std::memory_order_relaxed);  // relaxed: checked by the CAS
    if (waiter <= kReady) return nullptr;
    return word_.compare_exchange_strong(waiter, kNothing, std::memory_order_acq_rel,
                                         std::memory_order_relaxed)
               ? to_fiber(waiter)
               : nullptr;
  }

  // Forgets everything, for its next user. Requires: nobody waits.
  void reset() noexcept { word_.store(kNothing, std::memory_order_relaxed); }

 private:
  static constexpr std::uintptr_t kNothing = 0;
  static constexpr std::uintptr_t kReady = 1;  // any larger value is the address of a Fiber

  static Fiber* to_fiber(std::uintptr_t word) noexcept { return reinterpret_cast<Fiber*>(word); }

  std::atomic<std::uintptr_t> word_{kNothing};
};

}  // namespace etude
