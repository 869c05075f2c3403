// What a policy costs per task, for every scheduler of the registry: on one thread, so without any
// cache line travelling between cores. Real sharing is the sweep's to measure.

#include <benchmark/benchmark.h>

#include <memory>
#include <string>
#include <vector>

#include "core/scheduler.h"
#include "experiments/microbench/benchmarks.h"
#include "schedulers/registry.h"

namespace etude::bench {
namespace {

constexpr WorkerId kSelf{0};
constexpr std::uint32_t kBurstTasks = 256;

std::unique_ptr<Scheduler> make(const SchedulerEntry& entry, std::uint32_t workers) {
  return entry.make({.workers = workers, .tasks_max = 1'024, .seed = 1});
}

// A fiber gives way and nobody else waits: the shortest way through the queues.
void own_task(benchmark::State& state, const SchedulerEntry& entry) {
  const auto scheduler = make(entry, 2);
  Task task;
  for (auto _ : state) {
    scheduler->submit(task, kSelf, Origin::yield(kSelf, kSelf));
    benchmark::DoNotOptimize(scheduler->next(kSelf));
  }
  state.SetItemsProcessed(state.iterations());
}

// A thread that is no worker makes a task runnable that is at home on a worker.
void task_from_outside(benchmark::State& state, const SchedulerEntry& entry) {
  const auto scheduler = make(entry, 2);
  Task task;
  for (auto _ : state) {
    scheduler->submit(task, kNoWorker, {.kind = Origin::Kind::remote, .home = kSelf});
    benchmark::DoNotOptimize(scheduler->next(kSelf));
  }
  state.SetItemsProcessed(state.iterations());
}

// A reactor's batch: many become runnable together, then run one after another.
void burst(benchmark::State& state, const SchedulerEntry& entry) {
  const auto scheduler = make(entry, 2);
  std::vector<Task> tasks(kBurstTasks);
  for (auto _ : state) {
    for (Task& task : tasks) scheduler->submit(task, kSelf, Origin::io(kSelf, kSelf));
    while (scheduler->next(kSelf).task != nullptr) {
    }
  }
  state.SetItemsProcessed(kBurstTasks * state.iterations());
}

// The same with as many calls of next() as there are tasks: none comes back empty, as with workers
// that are busy.
void batch(benchmark::State& state, const SchedulerEntry& entry) {
  const auto scheduler = make(entry, 2);
  std::vector<Task> tasks(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) {
    for (Task& task : tasks) scheduler->submit(task, kSelf, Origin::io(kSelf, kSelf));
    for (std::size_t i = 0; i < tasks.size(); ++i) {
      benchmark::DoNotOptimize(scheduler->next(kSelf));
    }
  }
  state.SetItemsProcessed(state.range(0) * state.iterations());
}

// An idle worker looks everywhere it may take from, and finds nothing.
void nothing_to_do(benchmark::State& state, const SchedulerEntry& entry) {
  const auto scheduler = make(entry, static_cast<std::uint32_t>(state.range(0)));
  for (auto _ : state) benchmark::DoNotOptimize(scheduler->next(kSelf));
}

}  // namespace

void add_scheduler_benchmarks() {
  for (const SchedulerEntry& entry : all_schedulers()) {
    const std::string name = "scheduler/" + std::string(entry.name);
    benchmark::RegisterBenchmark((name + "/own_task").c_str(), own_task, entry);
    benchmark::RegisterBenchmark((name + "/task_from_outside").c_str(), task_from_outside, entry);
    benchmark::RegisterBenchmark((name + "/burst").c_str(), burst, entry);
    benchmark::RegisterBenchmark((name + "/batch/tasks").c_str(), batch, entry)->Arg(16)->Arg(128);
    benchmark::RegisterBenchmark((name + "/nothing_to_do/workers").c_str(), nothing_to_do, entry)
        ->Arg(2)
        ->Arg(16);
  }
}

}  // namespace etude::bench
