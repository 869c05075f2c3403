// experiments/harness/record.h
//
// What one trial gives: plain data, units in the names. Here the columns of every table are
// listed, once, and this is the only place that writes CSV text or turns a record into a journal
// line and back. A measured trial and a simulated one are the same record.
//
// Threads: any; values.
// Limits:  an absent value is an empty field, never a zero.
// Errors:  parse_record() returns nothing for a line that is no whole record.
// Source:  CSV as in RFC 4180, with "\n" as the line end.

#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/worker_stats.h"

namespace etude::harness {

using Count = std::optional<std::int64_t>;
using Real = std::optional<double>;

struct TrialRow {
  std::int64_t schema = 1;
  std::string run_id;
  std::string trial_id;
  std::int64_t block = 0;
  std::int64_t order = 0;
  std::int64_t seed = 0;
  std::string source = "real";  // real | simulated
  std::string subject;
  std::string scheduler;
  std::string scheduler_params;
  std::string workload;
  std::int64_t connections = 0;
  std::int64_t pipeline = 1;
  std::string mode;
  std::string arrival;
  Real rate_target_rps;
  std::int64_t cores = 1;
  Count threads_per_core;
  std::string acceptor;
  Count backlog;
  Real duration_s;  // as measured; as planned when nothing was
  Count requests;
  Real throughput_rps;
  Real lat_req_mean_ns;
  Real lat_req_p50_ns;
  Real lat_req_p90_ns;
  Real lat_req_p99_ns;
  Real lat_req_p999_ns;
  Real lat_req_max_ns;
  Real lat_batch_mean_ns;
  Real lat_batch_p99_ns;
  Real lat_intended_p50_ns;
  Real lat_intended_p99_ns;
  Real lat_intended_p999_ns;
  Real inflight_mean;
  Real little_err;
  Real idle_frac;
  Real server_cpu_s;   // in the measured window, like user, sys and context switches
  Real server_user_s;  // from clock ticks: coarser than server_cpu_s
  Real server_sys_s;
  Real server_cpu_ns_per_request;
  Real client_cpu_s;
  Count ctx_voluntary;  // the server's, over all its threads
  Count ctx_involuntary;
  Real sched_delay_p50_ns;  // since the server's start: quantiles cannot be subtracted
  Real sched_delay_p99_ns;
  Real queue_depth_mean;
  Count queue_depth_max;
  Count steals;
  Count steal_attempts;
  Count migrations;
  Count wakes;
  Count rss_max_bytes;  // since the server's start
  Real cpu_steal_frac;  // of the whole machine's time, taken by its hypervisor
  Count errors;
  std::string
      status;  // ok | client_bound | nonstationary | overloaded | errors | failed | skipped_...
  std::string reasons;
  std::string git_rev;
  std::string env_id;
  std::string started_at;
  // Beyond the published columns; new ones go to the end.
  std::string label;  // A | B of an A/A pair
  std::string cell_id;
  std::int64_t attempt = 1;  // 2: the retry of a nonstationary trial
  std::string placement;
  std::string server_cores;  // "0+1"
  std::string client_cores;
  std::int64_t load_threads = 1;
  Real warmup_s;
  Real machine_cpu_ns_per_request;  // busy time of all cores, whoever it is charged to
  Real client_busiest_thread;
  Real fairness_jain;
  Real send_lag_p99_ns;
  std::string driver;  // its variables of study: "poll_every=128 search_rounds=4 ..."
  Real rate_share;     // of the capacity measured before the first block; rate_target_rps follows
  // A request's mean time by stages, in closed loop; socket wait is what the server does not see.
  Real stage_socket_wait_mean_ns;
  Real stage_run_queue_mean_ns;
  Real stage_migration_mean_ns;
  Real stage_service_mean_ns;
  Real stage_write_mean_ns;
  Count client_realtime;    // 1: the client ran before ordinary threads
  std::string client_host;  // where ssh ran the client; "": beside the server
  Real other_cpu_frac;      // of the machine's time, used by neither server nor client
  // The server's memory, with its children, where the workload has think times: before the client,
  // with one request answered; and at the start of the measured time, with all connections idle.
  Count rss_empty_bytes;
  Count anon_empty_bytes;
  Count mappings_empty;
  Count rss_idle_bytes;
  Count anon_idle_bytes;
  Count mappings_idle;
  Real rss_per_connection_bytes;  // the difference of rss, over the connections
  // Of a simulated trial only.
  std::string model;             // by its name in the suite, or the costs it is made of
  Count sim_events;              // taken from the event queue, warm-up included
  Real idle_while_waiting_frac;  // of the workers' time: none worked on what they might have taken
  // Of a suite that compares by rounds.
  std::string design;   // duet | interleaved | paired | solo
  std::string pair_id;  // common to the sides of one round
  Count round;          // of its group, from 0
  Count side;           // place within the round, in the order of starting
  Real round_s;         // wall time of the whole round
  // How often the CPU quota of the harness's control group, or of one above it, stopped it in the
  // measured time.
  Count cpu_quota_throttled;
  Count server_siblings_shared;  // 1: a hyperthread of the server lies beside one of the client
  Real population_wait_p99_ns;   // of the open loop's requests that found every connection taken
  Count population_waits;        // how many those were
  // Of a simulated trial only.
  Real service_mean_ns;  // CPU of service that a request draws, cut and rounded as draws are
  Real offered_load;     // of an open loop: rate x service_mean_ns / cores, without costs
  Real utilisation;      // of the cores: service and costs
  Real efficiency;       // of the busy time of the cores: the share that was service
  // A request's time from its arrival, over what it takes alone and at no cost.
  Real slowdown_mean, slowdown_p50, slowdown_p99, slowdown_p999;
  Real lat_intended_mean_ns;  // of measured trials as well
  // Of a measured trial only.
  std::string node;  // the host it ran on
};

// One worker of one trial. Counters are differences over the measured window; gauges are readings
// at its end, but connections is one at its beginning.
struct WorkerRow {
  std::string trial_id;
  std::int64_t worker = 0;
  Count core;
  std::array<Count, kWorkerStatCount> stats;

  Count& operator[](StatName name) noexcept { return stats[name.at()]; }
  const Count& operator[](StatName name) const noexcept { return stats[name.at()]; }
};

// 100 ms of one trial, as the client counted them.
struct WindowRow {
  std::string trial_id;
  std::int64_t window = 0;
  Count start_ns;  // from the beginning of the measured time
  Count length_ns;
  Count requests;
  Real lat_req_mean_ns;
};

// The requests of one class of a trial: a route of its mix, or the short ones and the long ones of
// a bimodal service. Slowdowns are a simulated trial's alone.
struct ClassRow {
  std::string trial_id;
  std::string name;  // column `class`
  Count requests;
  Real lat_req_mean_ns, lat_req_p50_ns, lat_req_p99_ns, lat_req_p999_ns;
  Real lat_intended_p50_ns, lat_intended_p99_ns, lat_intended_p999_ns;
  Real slowdown_mean, slowdown_p50, slowdown_p99, slowdown_p999;
};

struct HistRow {
  std::string trial_id;
  std::string metric;  // lat_req | lat_batch | .. | slowdown_thousandths[:class], no times
  std::int64_t lower_ns = 0;
  std::int64_t upper_ns = 0;  // both edges belong to the bucket
  std::int64_t count = 0;
};

struct TrialRecord {
  TrialRow trial;
  std::vector<WorkerRow> workers;
  std::vector<WindowRow> windows;
  std::vector<HistRow> hist;
  std::vector<ClassRow> classes = {};
};

// One comparison in one metric: a line of comparisons.csv. See comparisons.h for how it comes
// about.
struct ComparisonRow {
  std::int64_t schema = 1;
  std::string run_id;
  std::string comparison_id;
  std::string design;
  std::string design_reason;
  std::string metric;   // cpu | throughput | p50 | p99
  std::string column;   // of trials.csv
  std::string control;  // aa | bare | ""
  std::string factor;
  std::string baseline;
  std::string candidate;
  std::string baseline_cell_id;
  std::string candidate_cell_id;
  std::string workload;
  std::int64_t connections = 0;
  std::int64_t pipeline = 1;
  std::string mode;
  std::string arrival;
  Real rate_target_rps;
  std::int64_t cores = 1;
  Count threads_per_core;
  std::string acceptor;
  std::string placement;
  std::int64_t pairs = 0;            // valid rounds
  std::int64_t pairs_void = 0;       // rounds that give no ratio, see void_reasons
  Real ratio;                        // geometric mean of candidate / baseline
  Real low, high;                    // 95 % t interval
  Real decision_low, decision_high;  // valid under repeated looks and the family
  Real sd_log;                       // of one round's log-ratio
  Real margin;
  Real floor;  // |log-ratio| that an A/A pair reaches over as many rounds; absent without one
  Real p_differs, p_equivalent;  // valid at every look, before the family
  std::int64_t family = 1;
  std::string verdict;    // differs | equivalent | undecided | cannot
  std::string direction;  // cheaper | dearer | faster | slower | lower | higher | ""
  std::string reason;
  Count pairs_more;  // undecided: about what it would take
  Real seconds_more;
  std::string needs;         // cannot: what this machine lacks
  std::string void_reasons;  // "reason (n); reason (n)"
  std::string scheduler;     // of both sides, where something else is compared
};

// One line, ending in "\n"; without it, the name of each column.
std::string trials_csv_header();
std::string workers_csv_header();
std::string windows_csv_header();
std::string hist_csv_header();
std::string classes_csv_header();
std::string csv_line(const TrialRow& row);
std::string csv_line(const WorkerRow& row);
std::string csv_line(const WindowRow& row);
std::string csv_line(const HistRow& row);
std::string csv_line(const ClassRow& row);

std::string comparisons_csv_header();
std::string csv_line(const ComparisonRow& row);

// The whole record as one line of JSON without a line end, and back.
std::string record_line(const TrialRecord& record);
std::optional<TrialRecord> parse_record(std::string_view line);

}  // namespace etude::harness
