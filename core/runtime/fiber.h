// core/runtime/fiber.h
//
// A fiber: a job with a stack of its own, which gives its worker back whenever it must wait. A
// fiber belongs to no worker; the one that carries it at the moment is its Carrier.
//
// Threads:   a fiber runs on one worker at a time. Its public calls are for code running in it,
//            except carry_on(), which is for the worker.
// Ownership: fibers live in a FiberPool, at the top of their own stacks, and are used again and
//            again; they never return (the thread sanitizer cannot follow a stack that ends).
// Ordering:  a fiber is handed to others only after its context is saved: from the AfterSwitch
//            hook, which the carrier runs on its own stack.
// Errors:    a job that throws stops the process: whoever hands in a job catches in it.

#pragma once

#include <functional>

#include "core/runtime/context.h"
#include "core/runtime/ready_word.h"
#include "core/runtime/this_fiber.h"
#include "core/runtime/timer_heap.h"
#include "core/task.h"

namespace etude {

class Fiber;

// Why a waiting fiber runs again.
enum class WakeReason : std::uint8_t { ready, timed_out, stopping };

// The worker that carries a fiber at the moment, as the fiber sees it.
class Carrier {
 public:
  // What the carrier does for a fiber once the fiber's context is saved.
  struct AfterSwitch {
    void (*run)(Carrier& carrier, Fiber& fiber, void* argument) = nullptr;
    void* argument = nullptr;
  };

  Carrier(const Carrier&) = delete;
  Carrier& operator=(const Carrier&) = delete;

  virtual WorkerId id() const noexcept = 0;
  virtual Nanos now_ns() const noexcept = 0;

  // Leaves `fiber` for the carrier's own stack, and there runs `after`.
  virtual void leave(Fiber& fiber, AfterSwitch after) noexcept = 0;
  virtual void make_runnable(Fiber& fiber, Origin::Kind why) noexcept = 0;
  virtual void wake_at(Timer& timer, Nanos due_ns) = 0;
  // Starts a job in another fiber. False: all fibers are in use.
  virtual bool spawn(std::function<void(Fiber&)> job) = 0;
  // The job of `fiber` has ended.
  virtual void recycle(Fiber& fiber) noexcept = 0;

 protected:
  Carrier() = default;
  ~Carrier() = default;
};

class Fiber final : public Task, public ThisFiber {
 public:
  using Job = std::function<void(Fiber&)>;

  explicit Fiber(Stack stack);

  void sleep_for(Nanos duration_ns) override;
  void yield() override;
  void fan_out(std::uint32_t count,
               const std::function<void(ThisFiber&, std::uint32_t)>& job) override;
  WorkerId worker() const noexcept override { return carrier_->id(); }

  // Suspends until `word` is raised, or until somebody withdraws the fiber from it, giving a
  // reason with wake_because().
  WakeReason wait(ReadyWord& word);

  // Requires: the caller has just taken the fiber from where it waited.
  void wake_because(WakeReason reason) noexcept { wake_reason_ = reason; }

  Carrier& carrier() const noexcept { return *carrier_; }

  // For the worker. Runs the fiber on `carrier` until it waits, gives way, or ends its job.
  void carry_on(Carrier& carrier, Context& carrier_context) noexcept;
  // For Carrier::leave(). Returns when the fiber is carried on.
  void switch_to(Context& carrier_context) noexcept {
    Context::switch_to(context_, carrier_context);
  }

  // Set before the fiber is made runnable for the first time.
  void begin(Job job, WorkerId home) {
    job_ = std::move(job);
    home_ = home;
    last_ran_ = kNoWorker;
  }

  WorkerId home() const noexcept { return home_; }          // whose reactor watches its socket
  WorkerId last_ran() const noexcept { return last_ran_; }  // kNoWorker: it has not run yet

  // When it was last made runnable, by its worker's clock; 0: not stamped.
  Nanos runnable_since_ns = 0;

 private:
  [[noreturn]] static void run_jobs(void* self);

  Context context_;
  Carrier* carrier_ = nullptr;
  Job job_;
  WorkerId home_ = kNoWorker;
  WorkerId last_ran_ = kNoWorker;
  WakeReason wake_reason_ = WakeReason::ready;
};

}  // namespace etude
