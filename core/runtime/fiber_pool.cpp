#include "core/runtime/fiber_pool.h"

#include <algorithm>
#include <new>

namespace etude {
namespace {

// Stacks of one size start at the same offset of their pages, so the hot top of each would fall
// into the same few cache sets. A few lines' shift, another for each neighbour, spreads them.
constexpr std::size_t kColours = 8;
constexpr std::size_t kColourBytes = 64;

// A trim unmakes at most so many so often, each at the cost of a system call: a storm's memory is
// back within seconds, and no request waits for it for long. Chosen by hand.
constexpr std::size_t kTrimmedAtOnce = 512;
constexpr Nanos kTrimEvery_ns = 250 * kMillisecond;

Fiber* make_at_top(Stack stack) {
  constexpr std::size_t kFiberBytes = (sizeof(Fiber) + 63) / 64 * 64;
  stack.bytes -= kFiberBytes + stack.nth % kColours * kColourBytes;
  return new (stack.bottom + stack.bytes) Fiber(stack);
}

}  // namespace

FiberPool::FiberPool(std::uint32_t fibers_max, std::size_t stack_bytes)
    : stacks_({.stacks_max = fibers_max, .stack_bytes = stack_bytes}) {
  by_stack_.reserve(fibers_max);
  free_.reserve(fibers_max);
}

FiberPool::~FiberPool() {
  for (Fiber* const fiber : by_stack_) {
    if (fiber != nullptr) fiber->~Fiber();
  }
}

Fiber* FiberPool::acquire() {
  const std::lock_guard lock(mutex_);
  Fiber* fiber = nullptr;
  if (!free_.empty()) {
    fiber = free_.back();
    free_.pop_back();
    free_min_ = std::min(free_min_, free_.size());
  } else {
    const Stack stack = stacks_.acquire();
    if (stack.bytes == 0) return nullptr;
    fiber = make_at_top(stack);
    if (stack.nth == by_stack_.size()) by_stack_.push_back(nullptr);
    by_stack_[stack.nth] = fiber;
    made_.fetch_add(1, std::memory_order_relaxed);  // relaxed: a hint, see has_spare()
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

void FiberPool::trim(Nanos now_ns) noexcept {
  const std::lock_guard lock(mutex_);
  if (now_ns < next_trim_ns_) return;
  next_trim_ns_ = now_ns + kTrimEvery_ns;
  if (free_min_ > kKeptMin) {
    const auto end =
        free_.begin() + static_cast<std::ptrdiff_t>(std::min(free_min_ - kKeptMin, kTrimmedAtOnce));
    std::for_each(free_.begin(), end, [this](Fiber* fiber) { unmake(*fiber); });
    free_.erase(free_.begin(), end);
  }
  free_min_ = free_.size();
}

bool FiberPool::has_spare() const noexcept {
  // relaxed: when the two do not fit each other, somebody looks once too often, or a little later.
  return made_.load(std::memory_order_relaxed) > in_use_.load(std::memory_order_relaxed) + kKeptMin;
}

// Its context never returns, and nothing of it is left but the stack.
void FiberPool::unmake(Fiber& fiber) noexcept {
  const Stack stack = stacks_.stack_of(&fiber);
  fiber.~Fiber();
  by_stack_[stack.nth] = nullptr;
  stacks_.release(stack);
  made_.fetch_sub(1, std::memory_order_relaxed);
}

}  // namespace etude
