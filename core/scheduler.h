// core/scheduler.h
//
// What a scheduling policy must do. A Scheduler decides where a runnable task waits and which
// waiting task a worker gets next. It starts no thread, never sleeps, reads no clock and runs no
// task: its driver does, on real cores (core/runtime/worker.h) or on virtual ones
// (experiments/simulator/).
//
// Threads:   submit() from any thread; next(self) only from the driver of `self`, one at a time.
//            submit(task, from, ..) with a worker as `from` only from the driver of `from`.
// Ownership: a Task is borrowed from submit() until the next() that returns it; never freed here.
// Ordering:  what was written before submit(task) is visible to the worker that next() gives it to.
// Limits:    at most config.tasks_max tasks wait at one moment, so no call allocates.
// Errors:    no call fails. A broken precondition stops the process (core/failure.h).

#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "core/counters.h"
#include "core/task.h"
#include "core/types.h"

namespace etude {

// Where submit() put a task, so that the driver can wake somebody who may take it.
// alignas: task.h says why.
struct alignas(8) Placement {
  WorkerId home;  // the worker whose queue now holds the task; kNoWorker: a queue of nobody's
  bool shared;    // true: any worker of home's domain may take it; false: only `home`, so wake it
  // Other tasks that this call made takeable, and were private to `home`, which is the caller. The
  // driver wakes somebody for them as well.
  std::uint32_t offered = 0;
};

struct Pick {
  Task* task = nullptr;  // nullptr: nothing for this worker
  // Tasks that this call made takeable by others: wake one of them. It also counts those that were
  // out of sight for a moment, moved from one shared queue to another: who looked just then and
  // found nothing may be asleep now.
  std::uint32_t offered = 0;
};

// What a policy is built from. The driver fills in the first four; `set` holds the user's
// `--set key=value` pairs, which the registry has checked against the policy's parameters.
struct SchedulerConfig {
  std::uint32_t workers = 1;
  std::uint32_t tasks_max = 0;         // the most tasks that ever wait at one moment
  std::uint64_t seed = 0;              // the only source of randomness
  std::uint32_t threads_per_core = 1;  // workers k * threads_per_core .. form core k's group
  std::map<std::string, std::string> set = {};
};

class Scheduler {
 public:
  virtual ~Scheduler() = default;
  Scheduler(const Scheduler&) = delete;
  Scheduler& operator=(const Scheduler&) = delete;

  // Makes `task` wait for a worker. `from` is the calling worker; kNoWorker for other threads.
  // Requires: `task` waits nowhere else, and its context is saved.
  virtual Placement submit(Task& task, WorkerId from, Origin origin) noexcept = 0;

  // Takes one waiting task for `self`. An empty Pick means: each queue that `self` may take from
  // was seen empty, one after another, during this call. A task may have arrived behind the scan;
  // core/runtime/parking.h closes that gap. Bounded: at most one probe per other worker.
  virtual Pick next(WorkerId self) noexcept = 0;

  // What worker `w` did so far. Written by `w` alone, readable at any time.
  virtual const SchedulerCounters& counters(WorkerId w) const noexcept = 0;

  // How many neighbours share with each other: workers k * n .. k * n + n - 1 are a domain, and
  // "shared" and "offered" reach no further. 0: all workers are one domain.
  virtual std::uint32_t domain_workers() const noexcept { return 0; }

 protected:
  Scheduler() = default;
};

}  // namespace etude
