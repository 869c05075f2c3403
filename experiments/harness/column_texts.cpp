#include "experiments/harness/column_texts.h"

#include <algorithm>
#include <span>
#include <string>

#include "core/failure.h"
#include "core/worker_stats.h"
#include "experiments/harness/record_columns.h"

namespace etude::harness {
namespace {

constexpr ColumnText kTrials[] = {
    {"schema", "", "version of this table"},
    {"run_id", "", "the run that it belongs to"},
    {"trial_id", "", "the trial; workers.csv, windows.csv and hist.csv name it"},
    {"block", "", "block of the run, from 0: each holds every cell once"},
    {"order", "", "place in the block, in the order of starting"},
    {"seed", "", "of all that is drawn"},
    {"source", "", "real, or simulated"},
    {"subject", "", "the server that was measured"},
    {"scheduler", "", "name of the policy"},
    {"scheduler_params", "", "its parameters that differ from their defaults"},
    {"workload", "", "name of the workload in the suite"},
    {"connections", "connections", "open at once"},
    {"pipeline", "requests", "sent at once on a connection"},
    {"mode", "", "closed or open loop"},
    {"arrival", "", "how requests arrive in an open loop"},
    {"rate_target_rps", "requests/s", "rate asked for in an open loop"},
    {"cores", "cores", "given to the server"},
    {"threads_per_core", "threads", "workers on each core"},
    {"acceptor", "", "how connections reach workers: reuseport or shared"},
    {"backlog", "connections", "of each listening socket"},
    {"duration_s", "s", "measured time; as planned when nothing was measured"},
    {"requests", "requests", "answered in the measured time"},
    {"throughput_rps", "requests/s", "requests over duration_s"},
    {"lat_req_mean_ns", "ns", "mean, from the send of a request to the last byte of its response"},
    {"lat_req_p50_ns", "ns", "its median"},
    {"lat_req_p90_ns", "ns", "its 90th percentile"},
    {"lat_req_p99_ns", "ns", "its 99th percentile"},
    {"lat_req_p999_ns", "ns", "its 99.9th percentile"},
    {"lat_req_max_ns", "ns", "its maximum"},
    {"lat_batch_mean_ns", "ns", "mean, from the first send of a batch to its last byte"},
    {"lat_batch_p99_ns", "ns", "its 99th percentile"},
    {"lat_intended_p50_ns", "ns", "median, from the moment at which an open loop meant to send"},
    {"lat_intended_p99_ns", "ns", "its 99th percentile"},
    {"lat_intended_p999_ns", "ns", "its 99.9th percentile"},
    {"inflight_mean", "requests", "mean number of requests sent and not yet answered"},
    {"little_err", "fraction", "how far inflight_mean is from throughput times latency"},
    {"idle_frac", "fraction", "of the time of the server's cores, idle"},
    {"server_cpu_s", "s", "CPU time of the server in the measured time"},
    {"server_user_s", "s", "of it, in user mode; from clock ticks, coarser"},
    {"server_sys_s", "s", "of it, in the kernel; from clock ticks, coarser"},
    {"server_cpu_ns_per_request", "ns", "server_cpu_s over requests"},
    {"client_cpu_s", "s", "CPU time of the client in the measured time"},
    {"ctx_voluntary", "switches", "of all threads of the server that gave way"},
    {"ctx_involuntary", "switches", "of all threads of the server that were preempted"},
    {"sched_delay_p50_ns", "ns", "median wait of a runnable fiber, since the server's start"},
    {"sched_delay_p99_ns", "ns", "its 99th percentile"},
    {"queue_depth_mean", "tasks", "waiting in the scheduler, mean over the measured time"},
    {"queue_depth_max", "tasks", "the most of them in one worker's queues; simulated: in all"},
    {"steals", "probes", "successful probes of other workers, over all workers"},
    {"steal_attempts", "probes", "probes of other workers for work, over all workers"},
    {"migrations", "fibers", "fibers that moved to another worker, over all workers"},
    {"wakes", "wakes", "wake-ups written, over all workers"},
    {"rss_max_bytes", "bytes", "the most memory of the server, since its start"},
    {"cpu_steal_frac", "fraction", "of the whole machine's time, taken by its hypervisor"},
    {"errors", "errors", "requests that failed"},
    {"status", "", "ok, client_bound, nonstationary, errors, failed or skipped_..."},
    {"reasons", "", "why the status is not ok"},
    {"git_rev", "", "commit of the program"},
    {"env_id", "", "the machine and its settings, in env.json"},
    {"started_at", "", "when the trial began"},
    {"label", "", "A or B of a pair that differs in nothing"},
    {"cell_id", "", "what the trial measured; its repetitions share it"},
    {"attempt", "", "2: the retry of a nonstationary trial"},
    {"placement", "", "where server and client ran, as the suite names it"},
    {"server_cores", "", "numbers of the server's cores"},
    {"client_cores", "", "numbers of the client's cores"},
    {"load_threads", "threads", "of the client"},
    {"warmup_s", "s", "load before the measured time"},
    {"machine_cpu_ns_per_request", "ns",
     "busy time of all cores, whoever it is charged to, over requests"},
    {"client_busiest_thread", "fraction",
     "of the measured time, used by the client's busiest thread"},
    {"fairness_jain", "fraction", "Jain's index of the requests of each connection"},
    {"send_lag_p99_ns", "ns", "99th percentile of how late the client sent"},
    {"driver", "", "the worker loop's variables of study"},
    {"rate_share", "fraction", "of the capacity measured before the first block"},
    {"stage_socket_wait_mean_ns", "ns",
     "mean part of a request's time that the server does not see"},
    {"stage_run_queue_mean_ns", "ns", "mean wait of fibers that ran where they ran before"},
    {"stage_migration_mean_ns", "ns", "mean wait of fibers that then ran on another worker"},
    {"stage_service_mean_ns", "ns", "mean time in the handlers"},
    {"stage_write_mean_ns", "ns", "mean time in writing"},
    {"client_realtime", "", "1: the client ran before ordinary threads"},
    {"client_host", "", "where ssh ran the client; empty: beside the server"},
    {"other_cpu_frac", "fraction", "of the machine's time, used by neither server nor client"},
    {"rss_empty_bytes", "bytes", "memory of the server before the client"},
    {"anon_empty_bytes", "bytes", "of it, anonymous"},
    {"mappings_empty", "mappings", "of the server then"},
    {"rss_idle_bytes", "bytes", "memory of the server with all connections idle"},
    {"anon_idle_bytes", "bytes", "of it, anonymous"},
    {"mappings_idle", "mappings", "of the server then"},
    {"rss_per_connection_bytes", "bytes", "what an idle connection adds"},
    {"model", "", "of a simulated trial: its name in the suite, or the costs that it is made of"},
    {"sim_events", "events", "of a simulated trial: taken from the event queue, warm-up included"},
    {"idle_while_waiting_frac", "fraction",
     "of the workers' time: none worked on what they might have taken"},
    {"design", "", "how the trials of a cell were placed in time"},
    {"pair_id", "", "common to the sides of one round"},
    {"round", "", "of its group, from 0"},
    {"side", "", "place in the round, in the order of starting"},
    {"round_s", "s", "wall time of the whole round"},
    {"cpu_quota_throttled", "times", "a CPU quota of the control groups stopped the harness"},
    {"server_siblings_shared", "", "1: a hyperthread of the server lies beside one of the client"},
    {"population_wait_p99_ns", "ns",
     "99th percentile, of open-loop requests that found every connection taken"},
    {"population_waits", "requests", "how many those were"},
    {"service_mean_ns", "ns",
     "of a simulated trial: CPU time of service that a request draws, mean"},
    {"offered_load", "fraction", "of a simulated open loop: rate times service_mean_ns over cores"},
    {"utilisation", "fraction", "of a simulated trial: the cores' time in service and costs"},
    {"efficiency", "fraction", "of a simulated trial: the share of the busy time that was service"},
    {"slowdown_mean", "ratio", "mean, time of a request over what it takes alone at no cost"},
    {"slowdown_p50", "ratio", "its median"},
    {"slowdown_p99", "ratio", "its 99th percentile"},
    {"slowdown_p999", "ratio", "its 99.9th percentile"},
    {"lat_intended_mean_ns", "ns", "mean, from the moment at which an open loop meant to send"},
    {"node", "", "host that a measured trial ran on"},
};

// The others are in core/worker_stats.h.
constexpr ColumnText kWorkers[] = {
    {"trial_id", "", "the trial"},
    {"worker", "", "number of the worker, from 0"},
    {"core", "", "number of its core"},
};

constexpr ColumnText kWindows[] = {
    {"trial_id", "", "the trial"},
    {"window", "", "number of the window, from 0"},
    {"start_ns", "ns", "its beginning, from that of the measured time"},
    {"length_ns", "ns", "its length"},
    {"requests", "requests", "answered in it"},
    {"lat_req_mean_ns", "ns", "their mean, from the send to the last byte"},
};

constexpr ColumnText kHist[] = {
    {"trial_id", "", "the trial"},
    {"metric", "", "which latency: lat_req, lat_batch, lat_intended, ..."},
    {"lower_ns", "ns", "lower edge of the bucket, part of it"},
    {"upper_ns", "ns", "upper edge of the bucket, part of it"},
    {"count", "values", "in the bucket"},
};

constexpr ColumnText kClasses[] = {
    {"trial_id", "", "the trial"},
    {"class", "", "route of the mix; or short and long, of a simulated bimodal service"},
    {"requests", "requests", "of the class, answered in the measured time"},
    {"lat_req_mean_ns", "ns", "their mean, from the send to the last byte"},
    {"lat_req_p50_ns", "ns", "its median"},
    {"lat_req_p99_ns", "ns", "its 99th percentile"},
    {"lat_req_p999_ns", "ns", "its 99.9th percentile"},
    {"lat_intended_p50_ns", "ns", "median, from the moment at which an open loop meant to send"},
    {"lat_intended_p99_ns", "ns", "its 99th percentile"},
    {"lat_intended_p999_ns", "ns", "its 99.9th percentile"},
    {"slowdown_mean", "ratio", "mean, time of a request over what it takes alone at no cost"},
    {"slowdown_p50", "ratio", "its median"},
    {"slowdown_p99", "ratio", "its 99th percentile"},
    {"slowdown_p999", "ratio", "its 99.9th percentile"},
};

constexpr ColumnText kComparisons[] = {
    {"schema", "", "version of this table"},
    {"run_id", "", "the run that it belongs to"},
    {"comparison_id", "", "the comparison; its metrics share it"},
    {"design", "", "duet, interleaved or paired: how two sides make a round"},
    {"design_reason", "", "why that one was chosen"},
    {"metric", "", "cpu, throughput, p50 or p99"},
    {"column", "", "of trials.csv, that the metric is read from"},
    {"control", "", "aa: two equal sides; bare: without a part; empty: the question itself"},
    {"factor", "", "in which the sides differ"},
    {"baseline", "", "value of the factor on one side"},
    {"candidate", "", "value of the factor on the other"},
    {"baseline_cell_id", "", "the trials of one side"},
    {"candidate_cell_id", "", "the trials of the other"},
    {"workload", "", "name of the workload in the suite"},
    {"connections", "connections", "open at once"},
    {"pipeline", "requests", "sent at once on a connection"},
    {"mode", "", "closed or open loop"},
    {"arrival", "", "how requests arrive in an open loop"},
    {"rate_target_rps", "requests/s", "rate asked for in an open loop"},
    {"cores", "cores", "given to the server"},
    {"threads_per_core", "threads", "workers on each core"},
    {"acceptor", "", "how connections reach workers"},
    {"placement", "", "where server and client ran, as the suite names it"},
    {"pairs", "rounds", "that give a ratio"},
    {"pairs_void", "rounds", "that give none, see void_reasons"},
    {"ratio", "ratio", "geometric mean of candidate over baseline"},
    {"low", "ratio", "lower end of its 95 % interval"},
    {"high", "ratio", "upper end of its 95 % interval"},
    {"decision_low", "ratio", "lower end, valid at every look and over the family"},
    {"decision_high", "ratio", "upper end, valid at every look and over the family"},
    {"sd_log", "log-ratio", "standard deviation of one round's"},
    {"margin", "fraction", "within which the sides count as equivalent"},
    {"floor", "log-ratio", "size that a pair without difference reaches over as many rounds"},
    {"p_differs", "probability", "of such rounds if the sides did not differ; valid at every look"},
    {"p_equivalent", "probability",
     "of such rounds if they differed by the margin; valid at every look"},
    {"family", "comparisons", "that the verdict stands among"},
    {"verdict", "", "differs, equivalent, undecided or cannot"},
    {"direction", "", "cheaper, dearer, faster, slower, lower or higher"},
    {"reason", "", "of the verdict"},
    {"pairs_more", "rounds", "undecided: about how many more it would take"},
    {"seconds_more", "s", "undecided: about how much longer it would take"},
    {"needs", "", "cannot: what this machine lacks"},
    {"void_reasons", "", "reason (n); reason (n)"},
    {"scheduler", "", "of both sides, where another factor is compared"},
};

template <typename Row>
TableText table(std::string_view file, std::string_view row_words,
                std::span<const ColumnText> texts) {
  TableText table{.file = file, .row = row_words, .columns = {}};
  Row row;
  each_column(row, [&](std::string_view name, const auto&) {
    const auto text = std::find_if(texts.begin(), texts.end(),
                                   [name](const ColumnText& one) { return one.name == name; });
    require(text != texts.end(), "each column has a text");
    table.columns.push_back(*text);
  });
  return table;
}

std::vector<ColumnText> worker_texts() {
  std::vector<ColumnText> texts(std::begin(kWorkers), std::end(kWorkers));
  for (const WorkerStat& stat : kWorkerStats) {
    texts.push_back({.name = stat.name,
                     .unit = stat.unit,
                     .meaning = stat.meaning,
                     .kind = stat.kind == StatKind::counter ? "counter" : "gauge"});
  }
  return texts;
}

}  // namespace

std::vector<TableText> table_texts() {
  return {
      table<TrialRow>("trials.csv", "a trial", kTrials),
      table<WorkerRow>("workers.csv", "a worker of a trial, in the measured time", worker_texts()),
      table<WindowRow>("windows.csv", "100 ms of a trial", kWindows),
      table<HistRow>("hist.csv", "a bucket of a trial's histogram", kHist),
      table<ClassRow>("classes.csv", "a class of the requests of a trial", kClasses),
      table<ComparisonRow>("comparisons.csv", "a comparison in one metric", kComparisons)};
}

}  // namespace etude::harness
