// experiments/simulator/charges.h
//
// What the operations of one model cost: Costs with the core's frequency, the connections and the
// two NUMA nodes worked in. A scheduler's calls are charged by what its own counters say they did.
//
// Threads: any; values.

#pragma once

#include <cstdint>

#include "core/counters.h"
#include "core/types.h"
#include "experiments/simulator/model.h"

namespace etude::sim {

// One worker's counters, as far as they have a cost.
struct CallCounts {
  CallCounts() = default;
  explicit CallCounts(const SchedulerCounters& counters) noexcept
      : local_submits(counters.local_submits.value()),
        remote_submits(counters.remote_submits.value()),
        local_takes(counters.local_takes.value()),
        steal_attempts(counters.steal_attempts.value()),
        steal_successes(counters.steal_successes.value()),
        steal_tasks(counters.steal_tasks.value()),
        steal_lost(counters.steal_lost.value()) {}

  std::uint64_t local_submits = 0;
  std::uint64_t remote_submits = 0;
  std::uint64_t local_takes = 0;
  std::uint64_t steal_attempts = 0;
  std::uint64_t steal_successes = 0;
  std::uint64_t steal_tasks = 0;
  std::uint64_t steal_lost = 0;
};

class Charges {
 public:
  explicit Charges(const Model& model);

  // Of one call that led from `before` to `after`. `across`: a success was on the other node.
  double call_ns(const CallCounts& before, const CallCounts& after, bool across) const noexcept;
  double look_ns() const noexcept { return steal_attempt_ns_; }
  // For a task that last ran on `from` and now runs on `to`.
  double migration_ns(WorkerId from, WorkerId to) const noexcept {
    if (core_of(from) == core_of(to)) return 0;
    return across_nodes(from, to) ? migration_across_ns_ : migration_ns_;
  }

  std::uint32_t core_of(WorkerId worker) const noexcept {
    return index(worker) / threads_per_core_;
  }
  bool across_nodes(WorkerId one, WorkerId other) const noexcept {
    return (core_of(one) < first_node_cores_) != (core_of(other) < first_node_cores_);
  }

  // Each already slowed by the frequency. CPU time unless a comment says otherwise.
  bool calls_are_free = true;
  double lock_ns = 0;
  double wake_ns = 0;
  double rouse_ns = 0;
  double park_ns = 0;
  double switch_ns = 0;
  double poll_ns = 0;
  double event_ns = 0;
  double visit_ns = 0;
  double request_ns = 0;
  double client_visit_ns = 0;
  double client_request_ns = 0;
  double frequency_factor = 1;  // for what a handler adds
  Nanos thread_switch_ns = 0;
  Nanos slice_ns = 0;         // time
  Nanos pull_after_ns = 0;    // time
  Nanos wake_latency_ns = 0;  // time
  Nanos network_ns = 0;       // time

 private:
  double local_submit_ns_;
  double remote_submit_ns_;
  double local_take_ns_;
  double steal_attempt_ns_;  // with the other node's share of peers in it
  double steal_success_ns_;
  double steal_task_ns_;
  double steal_lost_ns_;
  double node_factor_;
  double migration_ns_;
  double migration_across_ns_;
  std::uint32_t threads_per_core_;
  std::uint32_t first_node_cores_;
};

}  // namespace etude::sim
