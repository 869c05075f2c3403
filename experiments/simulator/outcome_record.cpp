#include "experiments/simulator/outcome_record.h"

#include "experiments/load/report.h"

namespace etude::sim {
namespace {

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
  row.local_submits = count(outcome.local_submits);
  row.remote_submits = count(outcome.remote_submits);
  row.local_takes = count(outcome.local_takes);
  row.steal_attempts = count(outcome.steal_attempts);
  row.steal_successes = count(outcome.steal_successes);
  row.steal_tasks = count(outcome.steal_tasks);
  row.steal_lost = count(outcome.steal_lost);
  row.offered = count(outcome.offered);
  row.overflow = count(outcome.overflow);
  row.depth = count(outcome.depth);
  row.depth_max = count(outcome.depth_max);
  row.switches = count(outcome.switches);
  row.migrations = count(outcome.migrations);
  row.polls = count(outcome.polls);
  row.io_events = count(outcome.io_events);
  row.timer_fires = count(outcome.timer_fires);
  row.parks = count(outcome.parks);
  row.wakes_sent = count(outcome.wakes_sent);
  row.wakes_received = count(outcome.wakes_received);
  row.cpu_ns = outcome.busy_ns;
  row.claims = count(outcome.claims);
  return row;
}

std::uint64_t sum_of(const Outcome& outcome, std::uint64_t WorkerOutcome::*member) {
  std::uint64_t sum = 0;
  for (const WorkerOutcome& worker : outcome.workers) sum += worker.*member;
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
  trial.steals = count(sum_of(outcome, &WorkerOutcome::steal_successes));
  trial.steal_attempts = count(sum_of(outcome, &WorkerOutcome::steal_attempts));
  trial.migrations = count(sum_of(outcome, &WorkerOutcome::migrations));
  trial.wakes = count(sum_of(outcome, &WorkerOutcome::wakes_sent));
  trial.sim_events = count(outcome.events);
  const double workers_ns = static_cast<double>(outcome.workers.size()) *
                            trial.duration_s.value_or(0) * static_cast<double>(kSecond);
  if (workers_ns > 0) {
    trial.idle_while_waiting_frac = static_cast<double>(outcome.idle_while_waiting_ns) / workers_ns;
  }
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
  for (const std::string& reason : built.reasons) harness::add_reason(record, reason);
  fill_server(outcome, built.model, record);
  harness::fill_from_histograms(load::to_histogram_csv(outcome.load), record);
}

}  // namespace etude::sim
