#include "experiments/simulator/outcome_record.h"

#include <algorithm>

#include "experiments/load/report.h"
#include "experiments/simulator/settling.h"

namespace etude::sim {
namespace {

using harness::ClassRow;
using harness::Count;
using harness::TrialRecord;
using harness::TrialRow;
using harness::WorkerRow;

Count count(std::uint64_t value) { return static_cast<std::int64_t>(value); }

WorkerRow worker_row(const WorkerOutcome& outcome, std::uint32_t worker,
                     std::uint32_t threads_per_core, const std::string& trial_id) {
  WorkerRow row;
  row.trial_id = trial_id;
  row.worker = worker;
  row.core = worker / threads_per_core;
  for (std::size_t at = 0; at < kWorkerStatCount; ++at) {
    if (kWorkerStats[at].scope == StatScope::any) row.stats[at] = count(outcome.stats.values[at]);
  }
  row["cpu_ns"] = outcome.busy_ns;
  return row;
}

std::uint64_t sum_of(const Outcome& outcome, StatName name) {
  std::uint64_t sum = 0;
  for (const WorkerOutcome& worker : outcome.workers) sum += worker.stats[name];
  return sum;
}

// What the load's report is to call things by.
void name_load(const harness::Cell& cell, const Arrivals& arrivals, load::LoadResult& result) {
  result.started_at.clear();
  result.options.mix.clear();
  for (const harness::MixedPath& part : cell.workload.mix) {
    result.options.mix.push_back({.weight = part.weight, .path = part.path});
  }
  if (result.tally.routes.size() != result.options.mix.size()) result.tally.routes.clear();
  // How many come in bursts or by a trace within one run is chance, and no fault of a client.
  if (arrivals.kind == Arrivals::Kind::on_off || arrivals.kind == Arrivals::Kind::trace) {
    result.options.rate_rps = load::throughput_rps(result);
  }
}

void fill_server(const Outcome& outcome, const Model& model, TrialRecord& record) {
  TrialRow& trial = record.trial;
  double busy_ns = 0;
  for (std::uint32_t worker = 0; worker < outcome.workers.size(); ++worker) {
    const WorkerOutcome& one = outcome.workers[worker];
    busy_ns += static_cast<double>(one.busy_ns);
    record.workers.push_back(worker_row(one, worker, model.threads_per_core, trial.trial_id));
  }
  trial.server_cpu_s = busy_ns / 1e9;
  const double cores_ns = model.cores * trial.duration_s.value_or(0) * 1e9;
  if (cores_ns > 0) trial.utilisation = busy_ns / cores_ns;
  if (busy_ns > 0 && outcome.service_ns > 0) {
    trial.efficiency = std::min(1.0, static_cast<double>(outcome.service_ns) / busy_ns);
  }
  trial.service_mean_ns = drawn_service_ns(model);
  if (model.arrivals.kind != Arrivals::Kind::closed) trial.offered_load = offered_load(model);
  if (trial.requests.value_or(0) > 0) {
    trial.server_cpu_ns_per_request = busy_ns / static_cast<double>(*trial.requests);
  }
  if (outcome.sched_delay.count() > 0) {
    trial.sched_delay_p50_ns = static_cast<double>(outcome.sched_delay.quantile_ns(0.5));
    trial.sched_delay_p99_ns = static_cast<double>(outcome.sched_delay.quantile_ns(0.99));
  }
  trial.queue_depth_mean = outcome.queue_depth_mean;
  trial.queue_depth_max = count(outcome.queue_depth_max);
  trial.steals = count(sum_of(outcome, "steal_successes"));
  trial.steal_attempts = count(sum_of(outcome, "steal_attempts"));
  trial.migrations = count(sum_of(outcome, "migrations"));
  trial.wakes = count(sum_of(outcome, "wakes_sent"));
  trial.sim_events = count(outcome.events);
  const double workers_ns = static_cast<double>(outcome.workers.size()) *
                            trial.duration_s.value_or(0) * static_cast<double>(kSecond);
  if (workers_ns > 0) {
    trial.idle_while_waiting_frac = static_cast<double>(outcome.idle_while_waiting_ns) / workers_ns;
  }
}

void add_histogram(const Histogram& histogram, const std::string& metric, TrialRecord& record) {
  histogram.for_each([&](Nanos lower, Nanos upper, std::uint64_t count) {
    record.hist.push_back({.trial_id = record.trial.trial_id,
                           .metric = metric,
                           .lower_ns = lower,
                           .upper_ns = upper,
                           .count = static_cast<std::int64_t>(count)});
  });
}

template <typename Row>
void fill_slowdown(const Histogram& slowdown, Row& row) {
  if (slowdown.count() == 0) return;
  constexpr auto kUnit = static_cast<double>(kSlowdownUnit);
  row.slowdown_mean = slowdown.mean_ns() / kUnit;
  row.slowdown_p50 = static_cast<double>(slowdown.quantile_ns(0.5)) / kUnit;
  row.slowdown_p99 = static_cast<double>(slowdown.quantile_ns(0.99)) / kUnit;
  row.slowdown_p999 = static_cast<double>(slowdown.quantile_ns(0.999)) / kUnit;
}

// Of a class that is no route, the load's report knows nothing.
ClassRow length_class(const ClassOutcome& outcome, const char* name, const Model& model,
                      const std::string& trial_id) {
  ClassRow row;
  row.trial_id = trial_id;
  row.name = name;
  row.requests = count(outcome.latency.count());
  if (outcome.latency.count() == 0) return row;
  const auto at = [&](double share) {
    return static_cast<double>(outcome.latency.quantile_ns(share));
  };
  if (model.arrivals.kind == Arrivals::Kind::closed) {
    row.lat_req_mean_ns = outcome.latency.mean_ns();
    row.lat_req_p50_ns = at(0.5);
    row.lat_req_p99_ns = at(0.99);
    row.lat_req_p999_ns = at(0.999);
  } else {
    row.lat_intended_p50_ns = at(0.5);
    row.lat_intended_p99_ns = at(0.99);
    row.lat_intended_p999_ns = at(0.999);
  }
  return row;
}

void fill_classes(const Outcome& outcome, const Model& model, TrialRecord& record) {
  constexpr const char* kMetric = "slowdown_thousandths";
  fill_slowdown(outcome.slowdown, record.trial);
  add_histogram(outcome.slowdown, kMetric, record);
  const bool by_length = model.long_from_ns > 0;
  for (std::size_t i = 0; i < outcome.classes.size(); ++i) {
    const ClassOutcome& one = outcome.classes[i];
    if (by_length) {
      record.classes.push_back(
          length_class(one, i == 0 ? "short" : "long", model, record.trial.trial_id));
    }
    if (i >= record.classes.size()) continue;
    ClassRow& row = record.classes[i];
    fill_slowdown(one.slowdown, row);
    add_histogram(one.slowdown, std::string(kMetric) + ":" + row.name, record);
  }
}

// An ideal client is at no limit; what could not settle is not ok.
void judge(const Outcome& outcome, const Model& model, TrialRow& trial, TrialRecord& record) {
  if (model.client.threads == 0 && trial.status == "client_bound") trial.status = "ok";
  const Settling found =
      judge_settling(model, outcome.shares_tasks, trial.duration_s.value_or(0) * 1e9,
                     static_cast<double>(trial.requests.value_or(0)));
  for (const std::string& reason : found.reasons) harness::add_reason(record, reason);
  const bool graver = trial.status == "ok" || found.status == "overloaded";
  if (!found.status.empty() && graver) trial.status = found.status;
}

}  // namespace

TrialRecord planned_record(const harness::TrialRun& run, const harness::Suite& suite) {
  TrialRecord record =
      harness::planned_record(run.identity, suite, run.planned, std::nullopt, run.attempt);
  record.trial.source = "simulated";
  record.trial.client_host.clear();  // none was asked
  record.trial.started_at.clear();   // what two runs would differ in, like the node
  record.trial.node.clear();
  return record;
}

void fill_from_outcome(Outcome& outcome, const BuiltModel& built, const harness::Cell& cell,
                       TrialRecord& record) {
  if (!outcome.load.failure.empty()) return harness::set_failed(record, outcome.load.failure);
  name_load(cell, built.model.arrivals, outcome.load);
  if (const auto problem = harness::fill_from_load(load::to_json(outcome.load), record)) {
    return harness::set_failed(record, *problem);
  }
  TrialRow& trial = record.trial;
  trial.client_realtime.reset();
  if (built.model.arrivals.kind == Arrivals::Kind::on_off) trial.arrival = "on_off";
  if (built.model.arrivals.kind == Arrivals::Kind::trace) trial.arrival = "trace";
  judge(outcome, built.model, trial, record);
  for (const std::string& reason : built.reasons) harness::add_reason(record, reason);
  fill_server(outcome, built.model, record);
  harness::fill_from_histograms(load::to_histogram_csv(outcome.load), record);
  fill_classes(outcome, built.model, record);
}

}  // namespace etude::sim
