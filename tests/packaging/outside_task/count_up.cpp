// A task program from outside the tree: fibers that yield and count, under a scheduler that is
// named. Built against an installed Etude, by install_test.py.

#include <atomic>
#include <cstdio>
#include <latch>

#include "core/runtime/runtime.h"
#include "schedulers/registry.h"

int main(int argc, char** argv) {
  constexpr std::uint32_t kFibers = 100;
  const auto scheduler =
      etude::find_scheduler(argc > 1 ? argv[1] : "fifo")
          .make({.workers = 2, .tasks_max = kFibers, .seed = 1, .threads_per_core = 2, .set = {}});
  etude::Runtime runtime({.cores = {0}, .threads_per_core = 2, .fibers_max = kFibers}, *scheduler,
                         [](etude::Socket&, etude::Fiber&) {});
  std::latch ended(kFibers);
  std::atomic<int> count{0};
  runtime.start();
  for (std::uint32_t i = 0; i < kFibers; ++i) {
    const bool room = runtime.spawn([&](etude::Fiber& fiber) {
      fiber.yield();
      count.fetch_add(1);
      ended.count_down();
    });
    if (!room) return 1;
  }
  ended.wait();
  runtime.stop();
  std::printf("%d fibers\n", count.load());
}
