// tests/simulator/models.h
//
// Small models to start from, and what tests ask of outcomes.

#pragma once

#include <bit>
#include <functional>
#include <memory>
#include <numeric>
#include <string>
#include <string_view>

#include "experiments/load/report.h"
#include "experiments/simulator/simulate.h"
#include "schedulers/registry.h"

namespace etude::sim {

inline Lengths fixed_ns(double ns) {
  return Lengths(Distribution{.kind = Distribution::Kind::fixed, .mean_us = ns / 1e3});
}
inline Lengths exponential_ns(double ns) {
  return Lengths(Distribution{.kind = Distribution::Kind::exponential, .mean_us = ns / 1e3});
}

inline std::function<std::unique_ptr<Scheduler>(const SchedulerConfig&)> maker(
    std::string_view scheduler) {
  return [entry = find_scheduler(scheduler)](const SchedulerConfig& config) {
    return entry.make(config);
  };
}

// A closed loop of one request at a time, each with 10 us of exponential service, without costs.
inline Model closed_loop(std::string_view scheduler, std::uint32_t cores,
                         std::uint32_t connections) {
  Model model;
  model.make_scheduler = maker(scheduler);
  model.cores = cores;
  model.connections = connections;
  model.routes = {{.weight = 1, .handler = {.service = exponential_ns(10'000)}}};
  model.warmup_ns = 5 * kMillisecond;
  model.duration_ns = 50 * kMillisecond;
  return model;
}

// The same service, asked for by a Poisson process that reaches the queues by nobody's hand.
inline Model open_loop(std::string_view scheduler, std::uint32_t cores, double load) {
  Model model = closed_loop(scheduler, cores, 4'096);
  model.arrivals.kind = Arrivals::Kind::poisson;
  model.arrivals.rate_rps = load * cores * 1e5;
  model.delivery = Delivery::direct;
  return model;
}

// Some value for each cost, so that every operation takes time.
inline Costs some_costs() {
  Costs costs;
  costs.local_submit_ns = 11.5;
  costs.remote_submit_ns = 7;
  costs.local_take_ns = 13.25;
  costs.steal_attempt_ns = 20;
  costs.steal_success_ns = 100;
  costs.steal_task_ns = 15;
  costs.lock_ns = 30;
  costs.wake_ns = 900;
  costs.wake_latency_ns = 4'000;
  costs.park_ns = 700;
  costs.switch_ns = 12;
  costs.poll_ns = 400;
  costs.event_ns = 60;
  costs.migration_ns = 50;
  costs.line_refill_ns = 20;
  costs.working_set_bytes = 1'024;
  costs.cache_bytes = 65'536;
  costs.remote_node_factor = 1.8;
  costs.visit_ns = 2'000;
  costs.request_ns = 150;
  costs.client_visit_ns = 500;
  costs.client_request_ns = 50;
  costs.slice_ns = 3 * kMillisecond;
  costs.thread_switch_ns = 1'500;
  costs.network_ns = 1'000;
  return costs;
}

inline std::uint64_t total(const Outcome& outcome, StatName name) {
  return std::accumulate(
      outcome.workers.begin(), outcome.workers.end(), std::uint64_t{0},
      [name](std::uint64_t sum, const WorkerOutcome& worker) { return sum + worker.stats[name]; });
}

inline Nanos total_busy_ns(const Outcome& outcome) {
  return std::accumulate(
      outcome.workers.begin(), outcome.workers.end(), Nanos{0},
      [](Nanos sum, const WorkerOutcome& worker) { return sum + worker.busy_ns; });
}

// All that one outcome says, as text: two of them are equal to the last bit, or they differ.
inline std::string everything(const Outcome& outcome) {
  std::string text = load::to_json(outcome.load) + load::to_histogram_csv(outcome.load);
  const auto add = [&text](std::uint64_t number) { text += std::to_string(number) + ' '; };
  for (const WorkerOutcome& worker : outcome.workers) {
    for (const std::uint64_t count : worker.stats.values) add(count);
    add(static_cast<std::uint64_t>(worker.busy_ns));
  }
  outcome.sched_delay.for_each([&add](Nanos lower_ns, Nanos, std::uint64_t count) {
    add(static_cast<std::uint64_t>(lower_ns));
    add(count);
  });
  add(std::bit_cast<std::uint64_t>(outcome.queue_depth_mean));
  add(outcome.queue_depth_max);
  add(static_cast<std::uint64_t>(outcome.idle_while_waiting_ns));
  add(outcome.events);
  return text;
}

}  // namespace etude::sim
