// What it costs to leave one stack for another and come back: twice per request that had to wait.

#include <benchmark/benchmark.h>

#include "core/runtime/context.h"
#include "core/runtime/stack_pool.h"
#include "experiments/microbench/benchmarks.h"

namespace etude::bench {
namespace {

struct Pair {
  Context thread;
  Context* fiber = nullptr;
};

void switch_there_and_back(benchmark::State& state) {
  StackPool stacks({.stacks_max = 1, .stack_bytes = 64 * 1024});
  Pair pair;
  Context fiber(
      stacks.acquire(),
      [](void* argument) {
        Pair& both = *static_cast<Pair*>(argument);
        for (;;) Context::switch_to(*both.fiber, both.thread);
      },
      &pair);
  pair.fiber = &fiber;
  pair.thread.become_this_thread();
  for (auto _ : state) Context::switch_to(pair.thread, fiber);
  state.SetItemsProcessed(2 * state.iterations());
}

}  // namespace

void add_context_benchmarks() {
  benchmark::RegisterBenchmark("context/there_and_back", switch_there_and_back);
}

}  // namespace etude::bench
