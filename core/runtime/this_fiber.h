// core/runtime/this_fiber.h
//
// What running code may ask of the fiber it runs in. Handed down by reference, so that code which
// waits says so in its signature, and so that it can be tested on a fiber made up for the test.
//
// Threads: only from the fiber itself. Every call here may return on another thread: keep no
//          thread_local address and no errno across it.

#pragma once

#include <cstdint>
#include <functional>

#include "core/types.h"

namespace etude {

class ThisFiber {
 public:
  virtual ~ThisFiber() = default;
  ThisFiber(const ThisFiber&) = delete;
  ThisFiber& operator=(const ThisFiber&) = delete;

  // Lets at least `duration_ns` pass without keeping a worker.
  virtual void sleep_for(Nanos duration_ns) = 0;

  // Goes to the back of the run queue: others get their turn first.
  virtual void yield() = 0;

  // Runs job(fiber, 0) .. job(fiber, count - 1) each in a fiber of its own, and returns when all
  // have ended. `job` is borrowed until then, and must not throw.
  virtual void fan_out(std::uint32_t count,
                       const std::function<void(ThisFiber&, std::uint32_t)>& job) = 0;

  // The worker that runs the fiber at this moment; another one after any call above.
  virtual WorkerId worker() const noexcept = 0;

 protected:
  ThisFiber() = default;
};

}  // namespace etude
