#include "core/runtime/fiber_pool.h"

#include <new>

namespace etude {
namespace {

// Stacks of one size start at the same offset of their pages, so the hot top of each would fall
// into the same few cache sets. A few lines' shift, another for each neighbour, spreads them.
constexpr std::size_t kColours = 8;
constexpr std::size_t kColourBytes = 64;

Fiber* make_at_top(Stack stack, std::size_t nth) {
  constexpr std::size_t kFiberBytes = (sizeof(Fiber) + 63) / 64 * 64;
  stack.bytes -= kFiberBytes + nth % kColours * kColourBytes;
  return new (stack.bottom + stack.bytes) Fiber(stack);
}

}  // namespace

FiberPool::FiberPool(std::uint32_t fibers_max, std::size_t stack_bytes)
    : stacks_({.stacks_max = fibers_max, .stack_bytes = stack_bytes}) {
  all_.reserve(fibers_max);
  free_.reserve(fibers_max);
}

FiberPool::~FiberPool() {
  for (Fiber* const fiber : all_) fiber->~Fiber();
}

Fiber* FiberPool::acquire() {
  const std::lock_guard lock(mutex_);
  Fiber* fiber = nullptr;
  if (!free_.empty()) {
    fiber = free_.back();
    free_.pop_back();
  } else {
    const Stack stack = stacks_.acquire();
    if (stack.bytes == 0) return nullptr;
    fiber = make_at_top(stack, all_.size());
    all_.push_back(fiber);
  }
  in_use_.fetch_add(1, std::memory_order_relaxed);  // relaxed: in_use() below is the other side
  return fiber;
}

void FiberPool::release(Fiber& fiber) noexcept {
  const std::lock_guard lock(mutex_);
  free_.push_back(&fiber);
  // release: whoever sees the count at zero sees all that the fibers did.
  in_use_.fetch_sub(1, std::memory_order_release);
}

}  // namespace etude
