// What a deadline costs that is set and taken back, as nearly all are, among others that wait.

#include <benchmark/benchmark.h>

#include <cstdint>
#include <vector>

#include "core/random.h"
#include "core/runtime/timer_heap.h"
#include "experiments/microbench/benchmarks.h"

namespace etude::bench {
namespace {

void set_cancel(benchmark::State& state) {
  TimerHeap heap;
  Rng rng(1);
  std::vector<Timer> others(static_cast<std::size_t>(state.range(0)));
  for (Timer& other : others) heap.add(other, kSecond + rng.below(1'000'000) * kMicrosecond);
  Timer timer;
  Nanos due_ns = 2 * kSecond;
  for (auto _ : state) {
    heap.add(timer, due_ns);
    heap.cancel(timer);
    due_ns += kMicrosecond;  // the newest deadline is the latest
  }
}

}  // namespace

void add_timer_benchmarks() {
  benchmark::RegisterBenchmark("timer/set_cancel/waiting", set_cancel)
      ->Arg(0)
      ->Arg(1'024)
      ->Arg(16'384);
}

}  // namespace etude::bench
