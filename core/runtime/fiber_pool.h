// core/runtime/fiber_pool.h
//
// All fibers of a runtime, made on first use and used again after.
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

  std::uint32_t in_use() const noexcept { return in_use_.load(std::memory_order_acquire); }
  const StackPool& stacks() const noexcept { return stacks_; }

 private:
  StackPool stacks_;
  std::mutex mutex_;
  std::vector<Fiber*> all_;
  std::vector<Fiber*> free_;  // the most recently used last: its stack is warm
  std::atomic<std::uint32_t> in_use_{0};
};

}  // namespace etude
