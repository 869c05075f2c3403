// What the work-stealing deque costs, call by call; floor/cas_uncontended is a steal's floor.

#include <benchmark/benchmark.h>

#include <atomic>
#include <cstdint>

#include "core/task.h"
#include "experiments/microbench/benchmarks.h"
#include "schedulers/chase_lev_deque.h"

namespace etude::bench {
namespace {

constexpr std::uint32_t kCapacity = 1'024;

using Deque = ChaseLevDeque<Task, std::atomic>;

void push_pop(benchmark::State& state) {
  Deque deque(kCapacity);
  Task task;
  for (auto _ : state) {
    deque.push(task);
    benchmark::DoNotOptimize(deque.pop());
  }
}

// Steals from a deque that has plenty; the refills are not timed.
void steal_taken(benchmark::State& state) {
  Deque deque(kCapacity);
  Task task;
  Task* stolen = nullptr;
  while (state.KeepRunningBatch(kCapacity)) {
    state.PauseTiming();
    for (std::uint32_t i = 0; i < kCapacity; ++i) deque.push(task);
    state.ResumeTiming();
    while (deque.steal(stolen) == StealResult::taken) {
    }
  }
}

void steal_empty(benchmark::State& state) {
  Deque deque(kCapacity);
  Task* stolen = nullptr;
  for (auto _ : state) benchmark::DoNotOptimize(deque.steal(stolen));
}

// Every thread steals; the first one, its owner, keeps it filled. The fractions say what came of
// the calls: on a machine with fewer cores than threads few races are lost.
void steal_contended(benchmark::State& state) {
  static Deque deque(kCapacity);
  static Task task;
  Task* stolen = nullptr;
  double taken = 0;
  double lost = 0;
  for (auto _ : state) {
    if (state.thread_index() == 0 && deque.size() < 64) {
      for (int i = 0; i < 64; ++i) deque.push(task);
    }
    const StealResult result = deque.steal(stolen);
    if (result == StealResult::taken) ++taken;
    if (result == StealResult::lost) ++lost;
  }
  const auto calls = static_cast<double>(state.iterations());
  state.counters["taken_frac"] = {taken / calls, benchmark::Counter::kAvgThreads};
  state.counters["lost_frac"] = {lost / calls, benchmark::Counter::kAvgThreads};
}

}  // namespace

void add_deque_benchmarks() {
  benchmark::RegisterBenchmark("deque/push_pop", push_pop);
  benchmark::RegisterBenchmark("deque/steal_taken", steal_taken);
  benchmark::RegisterBenchmark("deque/steal_empty", steal_empty);
  benchmark::RegisterBenchmark("deque/steal_contended", steal_contended)->Threads(2)->Threads(4);
}

}  // namespace etude::bench
