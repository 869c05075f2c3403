// experiments/microbench/benchmarks.h
//
// The groups of micro-benchmarks. Each function adds its group to Google Benchmark; main calls
// them in the order in which they are printed. What they measure explains a sweep's result; it
// never replaces one: the cost of an operation in a tight loop is its lower bound. Names are kept:
// reports and the simulator's costs find results by them.
//
// Threads: main only.

#pragma once

namespace etude::bench {

void add_floor_benchmarks();      // what the machine takes: a jump, a CAS, a wake-up
void add_context_benchmarks();    // switching stacks
void add_deque_benchmarks();      // the work-stealing deque
void add_scheduler_benchmarks();  // submit and next of every scheduler in the registry
void add_runtime_benchmarks();    // fibers over every scheduler: yield, spawn and join
void add_wake_benchmarks();       // a task for a sleeping worker, over every scheduler
void add_timer_benchmarks();      // setting a deadline and taking it back
void add_http_benchmarks();       // a request above the socket, stage by stage
void add_histogram_benchmarks();  // recording one latency, reading a quantile
void add_simulator_benchmarks();  // events of simulated runs, and their queue alone

}  // namespace etude::bench
