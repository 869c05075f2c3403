// experiments/microbench/benchmarks.h
//
// The groups of micro-benchmarks. Each function adds its group to Google Benchmark; main calls
// them in the order in which they are printed. What they measure explains a sweep's result; it
// never replaces one: the cost of an operation in a tight loop is its lower bound.
//
// Threads: main only.

#pragma once

namespace etude::bench {

void add_scheduler_benchmarks();  // submit and next of every scheduler in the registry
void add_context_benchmarks();    // switching stacks
void add_histogram_benchmarks();  // recording one latency, reading a quantile

}  // namespace etude::bench
