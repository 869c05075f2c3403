// core/runtime/worker_counters.h
//
// What a worker's loop did so far, and how long fibers waited for it.
//
// Threads: written by the worker alone, readable at any time.

#pragma once

#include "core/counters.h"
#include "core/histogram.h"

namespace etude {

struct alignas(64) WorkerCounters : LoopCounters {
  // From the reactor's report that a fiber may run, to its run: the scheduler's share of a
  // request's time. Every kDelaySampling-th of those fibers.
  static constexpr std::uint64_t kDelaySampling = 8;
  static constexpr std::uint32_t kDelayPrecisionBits = 6;  // 1.6 %, in 15 KiB
  Histogram sched_delay{kDelayPrecisionBits};
  // The same waits as sums, so that two readings give a mean.
  OwnerCounter waits;
  OwnerCounter run_queue_ns;  // of fibers that ran where they ran before
  OwnerCounter migration_ns;  // of fibers that then ran on another worker

  void record_wait(Nanos waited_ns, bool moved) noexcept {
    sched_delay.record(waited_ns);
    waits.add();
    (moved ? migration_ns : run_queue_ns).add(static_cast<std::uint64_t>(waited_ns));
  }
};

}  // namespace etude
