// build/etude_bench: micro-benchmarks. Options are Google Benchmark's own (--help lists them).

#include <benchmark/benchmark.h>

#include "experiments/microbench/benchmarks.h"

int main(int argc, char** argv) {
  constexpr int kBadInput = 2;
  etude::bench::add_floor_benchmarks();
  etude::bench::add_context_benchmarks();
  etude::bench::add_deque_benchmarks();
  etude::bench::add_scheduler_benchmarks();
  etude::bench::add_runtime_benchmarks();
  etude::bench::add_wake_benchmarks();
  etude::bench::add_timer_benchmarks();
  etude::bench::add_http_benchmarks();
  etude::bench::add_histogram_benchmarks();
  etude::bench::add_simulator_benchmarks();
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return kBadInput;
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}
