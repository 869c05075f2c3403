// core/runtime/worker_counters.h
//
// What a worker did so far, beside what its scheduler (core/counters.h) and the parking
// protocol (parking.h) count for it. The names are those of
// workers.csv.
//
// Threads: written by the worker alone, readable at any time.

#pragma once

#include "core/counters.h"
#include "core/histogram.h"

namespace etude {

struct alignas(64) WorkerCounters {
  OwnerCounter switches;       // fibers carried on
  OwnerCounter migrations;     // of them, fibers that last ran on another worker
  OwnerCounter polls;          // looks at a reactor, blocking or not
  OwnerCounter io_events;      // events those looks reported
  OwnerCounter timer_fires;    // sleeps ended
  OwnerCounter claims;         // polls of another worker's reactor
  OwnerCounter accepted;       // connections accepted
  OwnerCounter accept_errors;  // accepts the machine refused, descriptors out among them
  OwnerCounter refused;        // connections over the limit

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
