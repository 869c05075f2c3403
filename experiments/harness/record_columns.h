// experiments/harness/record_columns.h
//
// The columns of the four tables, by name and in their order: one list for each kind of row, from
// which header, CSV line and journal line are all made. To add a column: a member in record.h, and
// a line at the end of its list here; a worker's: core/worker_stats.h.
//
// Threads: any; each_column() calls visit(name, value) for each column of a row, const or not.

#pragma once

#include <concepts>
#include <type_traits>

#include "experiments/harness/record.h"

namespace etude::harness {

template <typename Row, typename Kind>
concept IsRow = std::same_as<std::remove_const_t<Row>, Kind>;

// A trial's columns in five parts that each fit a screen; each_column() below joins them.

// Which trial it is, and what it held fixed.
template <typename Row, typename Visit>
void each_setting_column(Row& row, Visit& visit) {
  visit("schema", row.schema);
  visit("run_id", row.run_id);
  visit("trial_id", row.trial_id);
  visit("block", row.block);
  visit("order", row.order);
  visit("seed", row.seed);
  visit("source", row.source);
  visit("subject", row.subject);
  visit("scheduler", row.scheduler);
  visit("scheduler_params", row.scheduler_params);
  visit("workload", row.workload);
  visit("connections", row.connections);
  visit("pipeline", row.pipeline);
  visit("mode", row.mode);
  visit("arrival", row.arrival);
  visit("rate_target_rps", row.rate_target_rps);
  visit("cores", row.cores);
  visit("threads_per_core", row.threads_per_core);
  visit("acceptor", row.acceptor);
  visit("backlog", row.backlog);
}

// What the client saw.
template <typename Row, typename Visit>
void each_client_column(Row& row, Visit& visit) {
  visit("duration_s", row.duration_s);
  visit("requests", row.requests);
  visit("throughput_rps", row.throughput_rps);
  visit("lat_req_mean_ns", row.lat_req_mean_ns);
  visit("lat_req_p50_ns", row.lat_req_p50_ns);
  visit("lat_req_p90_ns", row.lat_req_p90_ns);
  visit("lat_req_p99_ns", row.lat_req_p99_ns);
  visit("lat_req_p999_ns", row.lat_req_p999_ns);
  visit("lat_req_max_ns", row.lat_req_max_ns);
  visit("lat_batch_mean_ns", row.lat_batch_mean_ns);
  visit("lat_batch_p99_ns", row.lat_batch_p99_ns);
  visit("lat_intended_p50_ns", row.lat_intended_p50_ns);
  visit("lat_intended_p99_ns", row.lat_intended_p99_ns);
  visit("lat_intended_p999_ns", row.lat_intended_p999_ns);
  visit("inflight_mean", row.inflight_mean);
  visit("little_err", row.little_err);
  visit("idle_frac", row.idle_frac);
}

// What the server and the machine did.
template <typename Row, typename Visit>
void each_server_column(Row& row, Visit& visit) {
  visit("server_cpu_s", row.server_cpu_s);
  visit("server_user_s", row.server_user_s);
  visit("server_sys_s", row.server_sys_s);
  visit("server_cpu_ns_per_request", row.server_cpu_ns_per_request);
  visit("client_cpu_s", row.client_cpu_s);
  visit("ctx_voluntary", row.ctx_voluntary);
  visit("ctx_involuntary", row.ctx_involuntary);
  visit("sched_delay_p50_ns", row.sched_delay_p50_ns);
  visit("sched_delay_p99_ns", row.sched_delay_p99_ns);
  visit("queue_depth_mean", row.queue_depth_mean);
  visit("queue_depth_max", row.queue_depth_max);
  visit("steals", row.steals);
  visit("steal_attempts", row.steal_attempts);
  visit("migrations", row.migrations);
  visit("wakes", row.wakes);
  visit("rss_max_bytes", row.rss_max_bytes);
  visit("cpu_steal_frac", row.cpu_steal_frac);
}

// How it ended, and where it comes from.
template <typename Row, typename Visit>
void each_ending_column(Row& row, Visit& visit) {
  visit("errors", row.errors);
  visit("status", row.status);
  visit("reasons", row.reasons);
  visit("git_rev", row.git_rev);
  visit("env_id", row.env_id);
  visit("started_at", row.started_at);
}

// Beyond the published columns.
template <typename Row, typename Visit>
void each_further_column(Row& row, Visit& visit) {
  visit("label", row.label);
  visit("cell_id", row.cell_id);
  visit("attempt", row.attempt);
  visit("placement", row.placement);
  visit("server_cores", row.server_cores);
  visit("client_cores", row.client_cores);
  visit("load_threads", row.load_threads);
  visit("warmup_s", row.warmup_s);
  visit("machine_cpu_ns_per_request", row.machine_cpu_ns_per_request);
  visit("client_busiest_thread", row.client_busiest_thread);
  visit("fairness_jain", row.fairness_jain);
  visit("send_lag_p99_ns", row.send_lag_p99_ns);
  visit("driver", row.driver);
  visit("rate_share", row.rate_share);
  visit("stage_socket_wait_mean_ns", row.stage_socket_wait_mean_ns);
  visit("stage_run_queue_mean_ns", row.stage_run_queue_mean_ns);
  visit("stage_migration_mean_ns", row.stage_migration_mean_ns);
  visit("stage_service_mean_ns", row.stage_service_mean_ns);
  visit("stage_write_mean_ns", row.stage_write_mean_ns);
  visit("client_realtime", row.client_realtime);
  visit("client_host", row.client_host);
  visit("other_cpu_frac", row.other_cpu_frac);
  visit("rss_empty_bytes", row.rss_empty_bytes);
  visit("anon_empty_bytes", row.anon_empty_bytes);
  visit("mappings_empty", row.mappings_empty);
  visit("rss_idle_bytes", row.rss_idle_bytes);
  visit("anon_idle_bytes", row.anon_idle_bytes);
  visit("mappings_idle", row.mappings_idle);
  visit("rss_per_connection_bytes", row.rss_per_connection_bytes);
  visit("model", row.model);
  visit("sim_events", row.sim_events);
  visit("idle_while_waiting_frac", row.idle_while_waiting_frac);
  visit("design", row.design);
  visit("pair_id", row.pair_id);
  visit("round", row.round);
  visit("side", row.side);
  visit("round_s", row.round_s);
  visit("cpu_quota_throttled", row.cpu_quota_throttled);
  visit("server_siblings_shared", row.server_siblings_shared);
  visit("population_wait_p99_ns", row.population_wait_p99_ns);
  visit("population_waits", row.population_waits);
  visit("service_mean_ns", row.service_mean_ns);
  visit("offered_load", row.offered_load);
  visit("utilisation", row.utilisation);
  visit("efficiency", row.efficiency);
  visit("slowdown_mean", row.slowdown_mean);
  visit("slowdown_p50", row.slowdown_p50);
  visit("slowdown_p99", row.slowdown_p99);
  visit("slowdown_p999", row.slowdown_p999);
  visit("lat_intended_mean_ns", row.lat_intended_mean_ns);
  visit("node", row.node);
}

template <typename Row, typename Visit>
requires IsRow<Row, TrialRow>
void each_column(Row& row, Visit&& visit) {
  each_setting_column(row, visit);
  each_client_column(row, visit);
  each_server_column(row, visit);
  each_ending_column(row, visit);
  each_further_column(row, visit);
}

template <typename Row, typename Visit>
requires IsRow<Row, WorkerRow>
void each_column(Row& row, Visit&& visit) {
  visit("trial_id", row.trial_id);
  visit("worker", row.worker);
  visit("core", row.core);
  for (std::size_t at = 0; at < kWorkerStatCount; ++at) {
    visit(kWorkerStats[at].name.data(), row.stats[at]);
  }
}

template <typename Row, typename Visit>
requires IsRow<Row, WindowRow>
void each_column(Row& row, Visit&& visit) {
  visit("trial_id", row.trial_id);
  visit("window", row.window);
  visit("start_ns", row.start_ns);
  visit("length_ns", row.length_ns);
  visit("requests", row.requests);
  visit("lat_req_mean_ns", row.lat_req_mean_ns);
}

template <typename Row, typename Visit>
requires IsRow<Row, HistRow>
void each_column(Row& row, Visit&& visit) {
  visit("trial_id", row.trial_id);
  visit("metric", row.metric);
  visit("lower_ns", row.lower_ns);
  visit("upper_ns", row.upper_ns);
  visit("count", row.count);
}

template <typename Row, typename Visit>
requires IsRow<Row, ClassRow>
void each_column(Row& row, Visit&& visit) {
  visit("trial_id", row.trial_id);
  visit("class", row.name);
  visit("requests", row.requests);
  visit("lat_req_mean_ns", row.lat_req_mean_ns);
  visit("lat_req_p50_ns", row.lat_req_p50_ns);
  visit("lat_req_p99_ns", row.lat_req_p99_ns);
  visit("lat_req_p999_ns", row.lat_req_p999_ns);
  visit("lat_intended_p50_ns", row.lat_intended_p50_ns);
  visit("lat_intended_p99_ns", row.lat_intended_p99_ns);
  visit("lat_intended_p999_ns", row.lat_intended_p999_ns);
  visit("slowdown_mean", row.slowdown_mean);
  visit("slowdown_p50", row.slowdown_p50);
  visit("slowdown_p99", row.slowdown_p99);
  visit("slowdown_p999", row.slowdown_p999);
}

// One comparison in one metric.
template <typename Row, typename Visit>
requires IsRow<Row, ComparisonRow>
void each_column(Row& row, Visit&& visit) {
  visit("schema", row.schema);
  visit("run_id", row.run_id);
  visit("comparison_id", row.comparison_id);
  visit("design", row.design);
  visit("design_reason", row.design_reason);
  visit("metric", row.metric);
  visit("column", row.column);
  visit("control", row.control);
  visit("factor", row.factor);
  visit("baseline", row.baseline);
  visit("candidate", row.candidate);
  visit("baseline_cell_id", row.baseline_cell_id);
  visit("candidate_cell_id", row.candidate_cell_id);
  visit("workload", row.workload);
  visit("connections", row.connections);
  visit("pipeline", row.pipeline);
  visit("mode", row.mode);
  visit("arrival", row.arrival);
  visit("rate_target_rps", row.rate_target_rps);
  visit("cores", row.cores);
  visit("threads_per_core", row.threads_per_core);
  visit("acceptor", row.acceptor);
  visit("placement", row.placement);
  visit("pairs", row.pairs);
  visit("pairs_void", row.pairs_void);
  visit("ratio", row.ratio);
  visit("low", row.low);
  visit("high", row.high);
  visit("decision_low", row.decision_low);
  visit("decision_high", row.decision_high);
  visit("sd_log", row.sd_log);
  visit("margin", row.margin);
  visit("floor", row.floor);
  visit("p_differs", row.p_differs);
  visit("p_equivalent", row.p_equivalent);
  visit("family", row.family);
  visit("verdict", row.verdict);
  visit("direction", row.direction);
  visit("reason", row.reason);
  visit("pairs_more", row.pairs_more);
  visit("seconds_more", row.seconds_more);
  visit("needs", row.needs);
  visit("void_reasons", row.void_reasons);
  visit("scheduler", row.scheduler);
}

}  // namespace etude::harness
