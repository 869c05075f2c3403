#include "experiments/harness/outcome.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/clock.h"
#include "experiments/harness/core_settings.h"
#include "experiments/harness/record_columns.h"

namespace etude::harness {
namespace {

// A number at json[outer][inner], wherever one of them may be missing or null.
Real number_at(const Json& json, const char* outer, const char* inner = nullptr) {
  const auto found = json.find(outer);
  if (found == json.end()) return std::nullopt;
  if (inner != nullptr) {
    if (!found->is_object()) return std::nullopt;
    return number_at(*found, inner);
  }
  if (!found->is_number()) return std::nullopt;
  return found->get<double>();
}

Count count_at(const Json& json, const char* key) {
  const auto found = json.find(key);
  if (found == json.end() || !found->is_number_integer()) return std::nullopt;
  return found->get<std::int64_t>();
}

void fill_latencies(const Json& load, TrialRow& trial) {
  trial.lat_req_mean_ns = number_at(load, "lat_req_ns", "mean");
  trial.lat_req_p50_ns = number_at(load, "lat_req_ns", "p50");
  trial.lat_req_p90_ns = number_at(load, "lat_req_ns", "p90");
  trial.lat_req_p99_ns = number_at(load, "lat_req_ns", "p99");
  trial.lat_req_p999_ns = number_at(load, "lat_req_ns", "p999");
  trial.lat_req_max_ns = number_at(load, "lat_req_ns", "max");
  trial.lat_batch_mean_ns = number_at(load, "lat_batch_ns", "mean");
  trial.lat_batch_p99_ns = number_at(load, "lat_batch_ns", "p99");
  trial.lat_intended_mean_ns = number_at(load, "lat_intended_ns", "mean");
  trial.lat_intended_p50_ns = number_at(load, "lat_intended_ns", "p50");
  trial.lat_intended_p99_ns = number_at(load, "lat_intended_ns", "p99");
  trial.lat_intended_p999_ns = number_at(load, "lat_intended_ns", "p999");
  trial.send_lag_p99_ns = number_at(load, "send_lag_ns", "p99");
  trial.population_wait_p99_ns = number_at(load, "population_wait_ns", "p99");
  if (const auto waits = load.find("population_wait_ns"); waits != load.end()) {
    trial.population_waits = count_at(*waits, "count");
  }
}

// A mix has its routes apart.
void fill_routes(const Json& load, TrialRecord& record) {
  const auto routes = load.find("routes");
  if (routes == load.end() || !routes->is_array()) return;
  for (const Json& route : *routes) {
    if (!route.is_object()) continue;
    ClassRow row;
    row.trial_id = record.trial.trial_id;
    row.name = route.value("path", "");
    row.requests = count_at(route, "requests");
    row.lat_req_mean_ns = number_at(route, "lat_req_ns", "mean");
    row.lat_req_p50_ns = number_at(route, "lat_req_ns", "p50");
    row.lat_req_p99_ns = number_at(route, "lat_req_ns", "p99");
    row.lat_req_p999_ns = number_at(route, "lat_req_ns", "p999");
    row.lat_intended_p50_ns = number_at(route, "lat_intended_ns", "p50");
    row.lat_intended_p99_ns = number_at(route, "lat_intended_ns", "p99");
    row.lat_intended_p999_ns = number_at(route, "lat_intended_ns", "p999");
    record.classes.push_back(row);
  }
}

void fill_windows(const Json& load, TrialRecord& record) {
  const auto windows = load.find("windows");
  if (windows == load.end() || !windows->is_array()) return;
  for (const Json& window : *windows) {
    if (!window.is_object()) continue;
    WindowRow row;
    row.trial_id = record.trial.trial_id;
    row.window = static_cast<std::int64_t>(record.windows.size());
    row.start_ns = count_at(window, "start_ns");
    row.length_ns = count_at(window, "length_ns");
    row.requests = count_at(window, "requests");
    row.lat_req_mean_ns = number_at(window, "lat_req_mean_ns");
    record.windows.push_back(row);
  }
}

WorkerRow worker_between(const Json& start, const Json& end, const std::string& trial_id) {
  WorkerRow row;
  row.trial_id = trial_id;
  row.worker = count_at(end, "worker").value_or(0);
  row.core = count_at(end, "core");
  for (std::size_t at = 0; at < kWorkerStatCount; ++at) {
    const WorkerStat& stat = kWorkerStats[at];
    Count value = count_at(end, stat.name.data());
    if (value && stat.kind == StatKind::counter) {
      *value -= count_at(start, stat.name.data()).value_or(0);
    }
    row.stats[at] = value;
  }
  row["connections"] = count_at(start, "connections");  // later the client may have closed some
  return row;
}

Count sum_of(const std::vector<WorkerRow>& workers, StatName name) {
  Count sum;
  for (const WorkerRow& worker : workers) {
    if (worker[name]) sum = sum.value_or(0) + *worker[name];
  }
  return sum;
}

// The mean of a sum by its count, both read twice from /stats.
Real mean_between(const Json& start, const Json& end, const char* sum, const char* count) {
  const auto grown = [&](const char* name) -> Real {
    const Real at_start = number_at(start, "stages", name);
    const Real at_end = number_at(end, "stages", name);
    if (!at_start || !at_end) return std::nullopt;
    return *at_end - *at_start;
  };
  const Real total = grown(sum);
  const Real samples = grown(count);
  if (!total || !samples || *samples <= 0) return std::nullopt;
  return *total / *samples;
}

// Socket wait is the rest of what the client saw: in the kernel's queues of both sides, until a
// reactor looked, and until the client read. In open loop it would hold the client's own queue too.
void fill_stages(const Json& start, const Json& end, TrialRow& trial) {
  trial.stage_run_queue_mean_ns = mean_between(start, end, "run_queue_ns", "waits");
  trial.stage_migration_mean_ns = mean_between(start, end, "migration_ns", "waits");
  trial.stage_service_mean_ns = mean_between(start, end, "service_ns", "batches");
  trial.stage_write_mean_ns = mean_between(start, end, "write_ns", "batches");
  if (trial.arrival != "closed" || !trial.lat_req_mean_ns || !trial.stage_run_queue_mean_ns ||
      !trial.stage_service_mean_ns) {
    return;
  }
  const double seen = *trial.stage_run_queue_mean_ns + *trial.stage_migration_mean_ns +
                      *trial.stage_service_mean_ns + *trial.stage_write_mean_ns;
  trial.stage_socket_wait_mean_ns = std::max(0.0, *trial.lat_req_mean_ns - seen);
}

}  // namespace

TrialRecord planned_record(const RunIdentity& identity, const Suite& suite,
                           const PlannedTrial& planned, const std::optional<CorePair>& cores,
                           int attempt) {
  const Cell& cell = planned.cell;
  TrialRecord record;
  TrialRow& trial = record.trial;
  trial.run_id = identity.run_id;
  trial.trial_id = attempt_id(planned, attempt);
  trial.block = planned.block;
  trial.order = planned.order;
  trial.seed = planned.seed;
  trial.subject = cell.subject.name;
  trial.scheduler = cell.scheduler.name;
  trial.scheduler_params = cell.scheduler.effective_params;
  trial.workload = cell.workload.name;
  trial.connections = cell.connections;
  trial.pipeline = cell.pipeline;
  trial.mode = cell.mode;
  trial.arrival = cell.arrival;
  trial.rate_target_rps = cell.rate_rps;
  trial.cores = cell.cores;
  if (cell.subject.kind == SubjectKind::etude) {
    trial.threads_per_core = cell.threads_per_core;
    trial.acceptor = cell.acceptor;
    if (cell.backlog) trial.backlog = *cell.backlog;
  }
  trial.duration_s = suite.duration_s;
  trial.git_rev = identity.git_rev;
  trial.env_id = identity.env_id;
  trial.node = identity.node;
  trial.started_at = utc_timestamp();
  trial.label = cell.label;
  trial.cell_id = planned.cell_id;
  trial.attempt = attempt;
  trial.placement = placement_text(cell.placement);
  if (cores) {
    trial.server_cores = core_text(cores->server, '+');
    trial.client_cores = core_text(cores->client, '+');
    if (const auto shared = siblings_shared(*cores)) trial.server_siblings_shared = *shared ? 1 : 0;
  }
  if (suite.client) trial.client_host = suite.client->ssh;
  trial.load_threads = suite.load_threads;
  trial.warmup_s = suite.warmup_s;
  trial.driver = driver_text(cell);
  trial.rate_share = cell.rate_share;
  trial.model = cell.model;
  if (planned.design) trial.design = design_name(*planned.design);
  trial.pair_id = planned.pair_id;
  if (planned.side) {
    trial.round = planned.block;
    trial.side = *planned.side;
  }
  return record;
}

void add_reason(TrialRecord& record, const std::string& reason) {
  std::string& reasons = record.trial.reasons;
  reasons += (reasons.empty() ? "" : "; ") + reason;
}

void set_failed(TrialRecord& record, const std::string& reason) {
  record.trial.status = "failed";
  add_reason(record, reason);
}

std::optional<std::string> fill_from_load(const std::string& json_text, TrialRecord& record) {
  const Json load = Json::parse(json_text, nullptr, /*allow_exceptions=*/false);
  if (!load.is_object()) return "the client printed no JSON object";
  const auto status = load.find("status");
  TrialRow& trial = record.trial;
  trial.requests = count_at(load, "requests");
  trial.throughput_rps = number_at(load, "throughput_rps");
  if (status == load.end() || !status->is_string() || !trial.requests || !trial.throughput_rps) {
    return "the client's JSON lacks status, requests or throughput_rps";
  }
  trial.status = status->get<std::string>();
  if (const auto reasons = load.find("reasons"); reasons != load.end() && reasons->is_array()) {
    for (const Json& reason : *reasons) {
      if (reason.is_string()) add_reason(record, reason.get<std::string>());
    }
  }
  if (const auto realtime = load.find("realtime");
      realtime != load.end() && realtime->is_boolean()) {
    trial.client_realtime = realtime->get<bool>() ? 1 : 0;
  }
  if (const Real measured = number_at(load, "duration_s")) trial.duration_s = measured;
  fill_latencies(load, trial);
  trial.inflight_mean = number_at(load, "inflight_mean");
  trial.little_err = number_at(load, "little_err");
  trial.idle_frac = number_at(load, "idle_frac");
  const Real user_s = number_at(load, "client_cpu", "user_s");
  const Real system_s = number_at(load, "client_cpu", "sys_s");
  if (user_s && system_s) trial.client_cpu_s = *user_s + *system_s;
  trial.client_busiest_thread = number_at(load, "client_cpu", "busiest_thread");
  trial.fairness_jain = number_at(load, "fairness", "jain");
  if (const auto errors = load.find("errors"); errors != load.end() && errors->is_object()) {
    std::int64_t sum = 0;
    for (const auto& [kind, count] : errors->items()) {
      if (count.is_number_integer()) sum += count.get<std::int64_t>();
    }
    trial.errors = sum;
  }
  fill_windows(load, record);
  fill_routes(load, record);
  return std::nullopt;
}

void fill_from_stats(const std::string& start_text, const std::string& end_text,
                     TrialRecord& record) {
  const Json start = Json::parse(start_text, nullptr, /*allow_exceptions=*/false);
  const Json end = Json::parse(end_text, nullptr, /*allow_exceptions=*/false);
  if (!start.is_object() || !end.is_object()) {
    return add_reason(record, "/stats is no JSON object");
  }
  TrialRow& trial = record.trial;
  trial.sched_delay_p50_ns = number_at(end, "sched_delay_ns", "p50");
  trial.sched_delay_p99_ns = number_at(end, "sched_delay_ns", "p99");
  fill_stages(start, end, trial);
  const Json none = Json::array();
  const Json& before = start.contains("workers") ? start["workers"] : none;
  const Json& after = end.contains("workers") ? end["workers"] : none;
  for (std::size_t i = 0; i < after.size() && i < before.size(); ++i) {
    record.workers.push_back(worker_between(before[i], after[i], trial.trial_id));
  }
  trial.steals = sum_of(record.workers, "steal_successes");
  trial.steal_attempts = sum_of(record.workers, "steal_attempts");
  trial.migrations = sum_of(record.workers, "migrations");
  trial.wakes = sum_of(record.workers, "wakes_sent");
  for (const WorkerRow& worker : record.workers) {
    const Count& depth_max = worker["depth_max"];
    if (depth_max) {
      trial.queue_depth_max = std::max(trial.queue_depth_max.value_or(0), *depth_max);
    }
  }
}

}  // namespace etude::harness
