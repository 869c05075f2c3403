// experiments/simulator/timed_call.h
//
// A scheduler's next() in which virtual time passes. The call runs on a stack of its own; when it
// has counted a look at a peer (SchedulerCounters::steal_attempts) and is about to touch shared
// memory again, it stops there until the look is paid for, while other cores go on. What the look
// then finds is what is there at that moment. No policy knows of it: timed_atomic.h stands in for
// std::atomic, and the looks are counted by the policy anyway.
//
// Threads:   a TimedCalls and its calls belong to one thread; others have their own.
// Ownership: borrows the scheduler. A call that is not over when its TimedCalls goes is dropped
//            where it stands, and nothing on its stack is destroyed.
// Limits:    next() uses less than 32 KiB of stack.

#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "core/counters.h"
#include "core/runtime/context.h"
#include "core/runtime/stack_pool.h"
#include "core/scheduler.h"

namespace etude::sim {

// What the atomics see of the call that runs on this thread.
struct RunningCall {
  const OwnerCounter* looks = nullptr;
  std::uint64_t looks_paid = 0;
  void (*stop)(RunningCall& call) noexcept = nullptr;
};
inline constinit thread_local RunningCall* running_call = nullptr;

// Before each operation on shared memory.
inline void pay_for_looks() noexcept {
  RunningCall* const call = running_call;
  if (call == nullptr || call->looks->value() == call->looks_paid) return;
  call->stop(*call);
}

class TimedCalls {
  struct Fiber;

 public:
  // At most `calls_max` at a time.
  explicit TimedCalls(std::uint32_t calls_max);
  TimedCalls(const TimedCalls&) = delete;
  TimedCalls& operator=(const TimedCalls&) = delete;

  // One call of next(); begun and gone on with until it is over.
  struct Call : RunningCall {
    Scheduler* scheduler = nullptr;
    WorkerId self{};
    Pick pick{};  // once it is over
    bool over = true;
    Fiber* fiber = nullptr;
  };

  // Both run the call until it is over or looks are to be paid for, and return how many looks were
  // made since they did so last. begin() requires that it is over; go_on() that it is not.
  std::uint64_t begin(Call& call, Scheduler& scheduler, WorkerId self);
  std::uint64_t go_on(Call& call) noexcept;

 private:
  // A stack, and the call that it carries.
  struct Fiber {
    Fiber(Stack stack, void (*entry)(void*), TimedCalls& of)
        : calls(&of), context(stack, entry, this) {}

    TimedCalls* calls;
    Call* call = nullptr;
    Context context;
  };

  static void carry(void* fiber) noexcept;
  static void stop(RunningCall& call) noexcept;
  Fiber& idle_fiber();

  StackPool stacks_;
  Context main_;
  std::deque<Fiber> fibers_;
  std::vector<Fiber*> idle_;
};

}  // namespace etude::sim
