#include "core/runtime/fiber.h"

#include <exception>
#include <utility>

#include "core/failure.h"

namespace etude {
namespace {

// A fork-join: the last child to end makes the parent ready.
struct Join {
  std::atomic<std::uint32_t> left;
  ReadyWord ended;
};

}  // namespace

Fiber::Fiber(Stack stack) : context_(stack, run_jobs, this) {}

void Fiber::carry_on(Carrier& carrier, Context& carrier_context) noexcept {
  carrier_ = &carrier;
  last_ran_ = carrier.id();
  Context::switch_to(carrier_context, context_);
}

void Fiber::run_jobs(void* argument) {
  Fiber& self = *static_cast<Fiber*>(argument);
  for (;;) {
    try {
      self.job_(self);
    } catch (const std::exception& error) {
      fail(error.what());
    } catch (...) {
      fail("a fiber's job lets no exception out");
    }
    self.job_ = nullptr;  // what it captured goes now, not when the fiber is used again
    self.carrier_->leave(
        self, {.run = [](Carrier& carrier, Fiber& fiber, void*) { carrier.recycle(fiber); }});
  }
}

void Fiber::sleep_for(Nanos duration_ns) {
  Timer timer;
  timer.sleeper = this;
  timer.due_ns = carrier_->now_ns() + duration_ns;
  carrier_->leave(*this, {.run =
                              [](Carrier& carrier, Fiber&, void* argument) {
                                auto& waiting = *static_cast<Timer*>(argument);
                                carrier.wake_at(waiting, waiting.due_ns);
                              },
                          .argument = &timer});
}

void Fiber::yield() {
  carrier_->leave(*this, {.run = [](Carrier& carrier, Fiber& fiber, void*) {
    carrier.make_runnable(fiber, Origin::Kind::yielded);
  }});
}

WakeReason Fiber::wait(ReadyWord& word) {
  if (word.consume()) return WakeReason::ready;
  carrier_->leave(*this, {.run =
                              [](Carrier& carrier, Fiber& fiber, void* argument) {
                                if (static_cast<ReadyWord*>(argument)->publish(fiber)) return;
                                // It became ready during the switch.
                                carrier.make_runnable(fiber, Origin::Kind::woken);
                              },
                          .argument = &word});
  if (word.consume()) {
    wake_reason_ = WakeReason::ready;
    return WakeReason::ready;
  }
  return std::exchange(wake_reason_, WakeReason::ready);
}

void Fiber::fan_out(std::uint32_t count,
                    const std::function<void(ThisFiber&, std::uint32_t)>& job) {
  // One more than there are children: the parent's own share, given up below, keeps the join from
  // being raised, and its storage from being left, before every child has been started.
  Join join{.left = count + 1, .ended = {}};
  for (std::uint32_t child = 0; child < count; ++child) {
    const bool started = carrier_->spawn([&join, &job, child](Fiber& fiber) {
      job(fiber, child);
      // acq_rel: the last one sees what every other child wrote, and hands it to the parent.
      if (join.left.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
      if (Fiber* const parent = join.ended.raise()) {
        fiber.carrier().make_runnable(*parent, Origin::Kind::woken);
      }
    });
    if (!started) {  // all fibers are in use: the parent does the child's work itself
      job(*this, child);
      join.left.fetch_sub(1, std::memory_order_relaxed);  // relaxed: its own writes
    }
  }
  if (join.left.fetch_sub(1, std::memory_order_acq_rel) == 1) return;  // all ended already
  wait(join.ended);
}

}  // namespace etude
