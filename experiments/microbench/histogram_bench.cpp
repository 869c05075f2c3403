// What a latency costs to keep: the load generator and every worker record one per request.

#include <benchmark/benchmark.h>

#include <cstdint>
#include <vector>

#include "core/histogram.h"
#include "core/random.h"
#include "experiments/microbench/benchmarks.h"

namespace etude::bench {
namespace {

// Latencies as a server has them, about 100 us, some far above: not one bucket in cache for all.
std::vector<Nanos> latencies_ns() {
  std::vector<Nanos> samples(4'096);
  Rng rng(1);
  for (Nanos& sample_ns : samples) {
    sample_ns = static_cast<Nanos>(rng.exponential(100.0 * kMicrosecond));
  }
  return samples;
}

void record(benchmark::State& state) {
  Histogram histogram(static_cast<std::uint32_t>(state.range(0)));
  const std::vector<Nanos> samples = latencies_ns();
  std::size_t at = 0;
  for (auto _ : state) {
    histogram.record(samples[at]);
    at = (at + 1) % samples.size();
  }
  state.SetItemsProcessed(state.iterations());
}

void read_quantile(benchmark::State& state) {
  Histogram histogram(static_cast<std::uint32_t>(state.range(0)));
  for (const Nanos sample_ns : latencies_ns()) histogram.record(sample_ns);
  for (auto _ : state) benchmark::DoNotOptimize(histogram.quantile_ns(0.99));
}

}  // namespace

void add_histogram_benchmarks() {
  // 5 bits: a worker's; 10 bits: the load generator's.
  benchmark::RegisterBenchmark("histogram/record/bits", record)->Arg(5)->Arg(10);
  benchmark::RegisterBenchmark("histogram/quantile/bits", read_quantile)->Arg(5)->Arg(10);
}

}  // namespace etude::bench
