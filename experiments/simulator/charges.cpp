#include "experiments/simulator/charges.h"

#include <algorithm>
#include <cmath>

namespace etude::sim {
namespace {

constexpr double kLineBytes = 64;

Nanos whole(double ns) noexcept { return static_cast<Nanos>(std::llround(ns)); }

// What a task finds gone from the cache when it moves.
double refill_ns(const Costs& costs, double connections_per_core) noexcept {
  if (costs.working_set_bytes <= 0) return costs.migration_ns;
  const double all_of_them = costs.working_set_bytes * std::max(connections_per_core, 1.0);
  const double there = std::min(1.0, costs.cache_bytes / all_of_them);
  return costs.migration_ns + costs.line_refill_ns * costs.working_set_bytes / kLineBytes * there;
}

}  // namespace

Charges::Charges(const Model& model) {
  const Costs& costs = model.costs;
  const double slow = costs.frequency_factor;
  const double per_core = static_cast<double>(model.connections) / model.cores;
  frequency_factor = slow;
  lock_ns = costs.lock_ns * slow;
  wake_ns = costs.wake_ns * slow;
  rouse_ns = costs.rouse_ns * slow;
  park_ns = costs.park_ns * slow;
  switch_ns = costs.switch_ns * slow;
  poll_ns = costs.poll_ns * slow;
  event_ns = costs.event_ns * slow;
  visit_ns = costs.visit_ns * growth_at(costs.visit_growth, per_core) * slow;
  request_ns = costs.request_ns * slow;
  const double per_thread =
      static_cast<double>(model.connections) / std::max(1U, model.client.threads);
  client_visit_ns = costs.client_visit_ns * growth_at(costs.client_growth, per_thread) * slow;
  client_request_ns = costs.client_request_ns * slow;
  thread_switch_ns = whole(costs.thread_switch_ns * slow);
  slice_ns = whole(costs.slice_ns);
  pull_after_ns = whole(costs.pull_after_ns);
  wake_latency_ns = whole(costs.wake_latency_ns);
  network_ns = whole(costs.network_ns);

  threads_per_core_ = model.threads_per_core;
  const bool two_nodes = model.numa_nodes == 2 && model.cores > 1;
  first_node_cores_ = two_nodes ? (model.cores + 1) / 2 : model.cores;
  node_factor_ = two_nodes ? costs.remote_node_factor : 1;

  // A probe's victim is not told: of a worker's peers so many sit on the other node.
  const double workers = model.cores * static_cast<double>(model.threads_per_core);
  const double others = workers / 2 / std::max(1.0, workers - 1);
  const double mixed = two_nodes ? 1 + others * (node_factor_ - 1) : 1;
  local_submit_ns_ = costs.local_submit_ns * slow;
  remote_submit_ns_ = costs.remote_submit_ns * slow;
  local_take_ns_ = costs.local_take_ns * slow;
  steal_attempt_ns_ = costs.steal_attempt_ns * mixed * slow;
  steal_success_ns_ = costs.steal_success_ns * slow;
  steal_task_ns_ = costs.steal_task_ns * slow;
  steal_lost_ns_ = costs.steal_lost_ns * slow;
  calls_are_free = local_submit_ns_ + remote_submit_ns_ + local_take_ns_ + steal_attempt_ns_ +
                       steal_success_ns_ + steal_task_ns_ + steal_lost_ns_ + lock_ns ==
                   0;
  migration_ns_ = refill_ns(costs, per_core) * slow;
  migration_across_ns_ = migration_ns_ * node_factor_;
}

double Charges::call_ns(const CallCounts& before, const CallCounts& after,
                        bool across) const noexcept {
  const auto times = [](std::uint64_t from, std::uint64_t to) {
    return static_cast<double>(to - from);
  };
  const double stolen = times(before.steal_successes, after.steal_successes) * steal_success_ns_ +
                        times(before.steal_tasks, after.steal_tasks) * steal_task_ns_;
  return times(before.local_submits, after.local_submits) * local_submit_ns_ +
         times(before.remote_submits, after.remote_submits) * remote_submit_ns_ +
         times(before.local_takes, after.local_takes) * local_take_ns_ +
         times(before.steal_attempts, after.steal_attempts) * steal_attempt_ns_ +
         times(before.steal_lost, after.steal_lost) * steal_lost_ns_ +
         stolen * (across ? node_factor_ : 1);
}

}  // namespace etude::sim
