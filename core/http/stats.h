// core/http/stats.h
//
// What a running server tells about itself: plain data, filled by whoever owns the parts (the
// `serve` command), and its two renderings. Everything is cumulative since the start: a reader
// takes the difference of two readings.
//
// Threads: ServerStats by one; the routes call `read` from any fiber of any worker.

#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "core/http/router.h"
#include "core/types.h"
#include "core/worker_stats.h"

namespace etude::http {

struct DelayStats {
  Nanos p50 = 0;
  Nanos p99 = 0;
  Nanos p999 = 0;
  Nanos max = 0;
  double mean = 0;
  std::uint64_t count = 0;
};

struct WorkerReading {
  std::uint32_t worker = 0;
  std::uint32_t core = 0;
  WorkerStats stats;
};

// Sums of samples: a mean is a sum by its count.
struct StageStats {
  std::uint64_t waits = 0;  // runnable -> running; the quantiles are in sched_delay_ns
  std::uint64_t run_queue_ns = 0;
  std::uint64_t migration_ns = 0;
  std::uint64_t batches = 0;
  std::uint64_t service_ns = 0;
  std::uint64_t write_ns = 0;
};

struct ServerStats {
  std::string scheduler;
  std::string scheduler_params;
  Nanos uptime_ns = 0;
  std::uint64_t connections_open = 0;
  std::uint64_t connections_accepted = 0;
  std::uint64_t connections_refused = 0;  // over the limit, and closed at once
  std::uint64_t accept_errors = 0;        // the machine was out of descriptors, or of memory
  std::uint64_t requests = 0;
  std::array<std::uint64_t, 6> responses_by_class = {};  // [2]: 2xx
  double cpu_user_s = 0;
  double cpu_sys_s = 0;
  std::uint64_t rss_bytes = 0;
  std::uint64_t rss_max_bytes = 0;
  std::uint64_t ctx_voluntary = 0;
  std::uint64_t ctx_involuntary = 0;
  DelayStats sched_delay_ns;  // runnable -> running
  StageStats stages;
  std::vector<WorkerReading> workers;
};

std::string to_json(const ServerStats& stats);

// The text format of Prometheus, version 0.0.4.
std::string to_prometheus(const ServerStats& stats);

// GET /stats and GET /metrics. `read` takes a reading; it must not throw.
void add_stats_routes(Router& router, const std::function<ServerStats()>& read);

}  // namespace etude::http
