#include "experiments/simulator/timed_call.h"

#include "core/failure.h"

namespace etude::sim {
namespace {

// A policy's next() has a few small frames; sanitizers make them larger.
constexpr std::size_t kStackBytes = 32 * 1'024;

// In a function of its own: where it were part of one that switches, a compiler might keep the
// thread_local's address across the switch.
[[gnu::noinline]] void now_runs(RunningCall* call) noexcept { running_call = call; }

}  // namespace

TimedCalls::TimedCalls(std::uint32_t calls_max)
    : stacks_({.stacks_max = calls_max, .stack_bytes = kStackBytes}) {
  main_.become_this_thread();
}

TimedCalls::Fiber& TimedCalls::idle_fiber() {
  if (idle_.empty()) return fibers_.emplace_back(stacks_.acquire(), carry, *this);
  Fiber& fiber = *idle_.back();
  idle_.pop_back();
  return fiber;
}

std::uint64_t TimedCalls::begin(Call& call, Scheduler& scheduler, WorkerId self) {
  require(call.over, "a worker makes one call at a time");
  call.scheduler = &scheduler;
  call.self = self;
  call.looks = &scheduler.counters(self).steal_attempts;
  call.looks_paid = call.looks->value();
  call.stop = stop;
  call.over = false;
  call.fiber = &idle_fiber();
  call.fiber->call = &call;
  return go_on(call);
}

std::uint64_t TimedCalls::go_on(Call& call) noexcept {
  Fiber& fiber = *call.fiber;
  now_runs(&call);
  Context::switch_to(main_, fiber.context);
  now_runs(nullptr);
  const std::uint64_t looks = call.looks->value() - call.looks_paid;
  call.looks_paid += looks;
  if (call.over) idle_.push_back(&fiber);
  return looks;
}

void TimedCalls::carry(void* argument) noexcept {
  Fiber& fiber = *static_cast<Fiber*>(argument);
  while (true) {
    Call& call = *fiber.call;
    call.pick = call.scheduler->next(call.self);
    call.over = true;
    Context::switch_to(fiber.context, fiber.calls->main_);
  }
}

void TimedCalls::stop(RunningCall& running) noexcept {
  auto& call = static_cast<Call&>(running);
  Fiber& fiber = *call.fiber;
  Context::switch_to(fiber.context, fiber.calls->main_);
}

}  // namespace etude::sim
