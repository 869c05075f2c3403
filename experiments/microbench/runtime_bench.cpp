// What fibers cost in a whole runtime with one worker: the switches, the scheduler, the worker's
// loop and its looks at the reactor. Each loop runs inside a fiber, and so on the worker's thread.
// context/there_and_back is the floor of the first two, floor/eventfd_round_trip of the last.

#include <benchmark/benchmark.h>

#include <latch>
#include <memory>
#include <semaphore>
#include <string>
#include <vector>

#include "core/host.h"
#include "core/runtime/runtime.h"
#include "experiments/microbench/benchmarks.h"
#include "schedulers/registry.h"

namespace etude::bench {
namespace {

constexpr std::uint32_t kFibers = 256;

// A started runtime of one worker on the last core that this process may use.
class OneWorker {
 public:
  explicit OneWorker(const SchedulerEntry& entry)
      : scheduler_(entry.make({.workers = 1, .tasks_max = kFibers, .seed = 1})),
        runtime_({.cores = {usable_cores().back()}, .fibers_max = kFibers}, *scheduler_,
                 [](Socket&, Fiber&) {}) {
    runtime_.start();
  }

  Runtime& runtime() { return runtime_; }

  // Runs `job` in a fiber and waits until it has ended.
  void run(const Fiber::Job& job) {
    std::latch done(1);
    runtime_.spawn([&](Fiber& fiber) {
      job(fiber);
      done.count_down();
    });
    done.wait();
  }

 private:
  std::unique_ptr<Scheduler> scheduler_;
  Runtime runtime_;
};

// Nobody else waits: from the fiber to its worker, through the scheduler's queue, and back.
void yield_alone(benchmark::State& state, const SchedulerEntry& entry) {
  OneWorker worker(entry);
  worker.run([&state](Fiber& fiber) {
    for (auto _ : state) fiber.yield();
  });
}

// Per child: a fiber taken, submitted, run to its end and given back; and its share of the join.
void spawn_join(benchmark::State& state, const SchedulerEntry& entry) {
  OneWorker worker(entry);
  const auto children = static_cast<std::uint32_t>(state.range(0));
  worker.run([&state, children](Fiber& fiber) {
    while (state.KeepRunningBatch(children)) {
      fiber.fan_out(children, [](ThisFiber&, std::uint32_t) {});
    }
  });
}

// A thread that is no worker starts a fiber on a parked worker, which answers: the wake-up of a
// worker that blocks in its reactor.
void remote_spawn(benchmark::State& state, const SchedulerEntry& entry) {
  OneWorker worker(entry);
  std::binary_semaphore answered(0);
  for (auto _ : state) {
    worker.runtime().spawn([&answered](Fiber&) { answered.release(); });
    answered.acquire();
  }
}

}  // namespace

void add_runtime_benchmarks() {
  for (const SchedulerEntry& entry : all_schedulers()) {
    const std::string name = "runtime/" + std::string(entry.name);
    benchmark::RegisterBenchmark((name + "/yield").c_str(), yield_alone, entry);
    benchmark::RegisterBenchmark((name + "/spawn_join/children").c_str(), spawn_join, entry)
        ->Arg(1)
        ->Arg(64);
    benchmark::RegisterBenchmark((name + "/remote_spawn_round_trip").c_str(), remote_spawn, entry)
        ->UseRealTime();
  }
}

}  // namespace etude::bench
