// core/runtime/fiber_pool.h
//
// All fibers of a runtime, made on first use and used again after. What a storm of connections
// took goes back to the machine once it has not been needed for a while.
//
// Threads:   any.
// Ownership: a fiber is borrowed from acquire() until release(); the pool outlives its users.
// Limits:    fibers_max at one moment; acquire() then returns nullptr. A Fiber lies at the top of
//            its own stack, so an idle one costs the stack pages it touched and nothing beside.

#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <vector>

#include "core/runtime/fiber.h"
#include "core/runtime/stack_pool.h"

namespace etude {

class FiberPool {
 public:
  FiberPool(std::uint32_t fibers_max, std::size_t stack_bytes);
  ~FiberPool();
  FiberPool(const FiberPool&) = delete;
  FiberPool& operator=(const FiberPool&) = delete;

  [[nodiscard]] Fiber* acquire();
  void release(Fiber& fiber) noexcept;

  // Free fibers that are always kept.
  static constexpr std::size_t kKeptMin = 64;  // chosen by hand

  // To be called now and then. Unmakes fibers above kKeptMin that were free all the time since the
  // last trim, the coldest first and a limited number at once.
  void trim(Nanos now_ns) noexcept;
  // Whether trim() may have something to do, now or later. A hint, for whoever is about to sleep.
  bool has_spare() const noexcept;

  std::uint32_t made() const noexcept { return made_.load(std::memory_order_relaxed); }
  std::uint32_t in_use() const noexcept { return in_use_.load(std::memory_order_acquire); }
  const StackPool& stacks() const noexcept { return stacks_; }

 private:
  void unmake(Fiber& fiber) noexcept;

  StackPool stacks_;
  std::mutex mutex_;
  std::vector<Fiber*> by_stack_;  // where each stack's fiber is; nullptr: it has none
  std::vector<Fiber*> free_;      // the most recently used last: its stack is warm
  std::size_t free_min_ = 0;      // since the last trim
  Nanos next_trim_ns_ = 0;
  std::atomic<std::uint32_t> made_{0};
  std::atomic<std::uint32_t> in_use_{0};
};

}  // namespace etude
