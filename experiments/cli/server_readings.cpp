#include "experiments/cli/server_readings.h"

#include <sys/resource.h>
#include <unistd.h>

#include <fstream>

#include "core/histogram.h"

namespace etude::cli {
namespace {

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

std::uint64_t resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  std::uint64_t total_pages = 0;
  std::uint64_t resident_pages = 0;
  statm >> total_pages >> resident_pages;
  return resident_pages * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

void read_process(http::ServerStats& stats) {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  stats.cpu_user_s = seconds(usage.ru_utime);
  stats.cpu_sys_s = seconds(usage.ru_stime);
  stats.rss_bytes = resident_bytes();
  stats.rss_max_bytes = static_cast<std::uint64_t>(usage.ru_maxrss) * 1'024;
  stats.ctx_voluntary = static_cast<std::uint64_t>(usage.ru_nvcsw);
  stats.ctx_involuntary = static_cast<std::uint64_t>(usage.ru_nivcsw);
}

}  // namespace

http::ServerStats ServerReadings::take() const {
  http::ServerStats stats;
  stats.scheduler = scheduler_;
  stats.scheduler_params = parameters_;
  stats.uptime_ns = clock_.now_ns() - start_ns_;
  const http::ServerTotals totals = server_->totals();
  stats.connections_open = totals.connections_open;
  stats.connections_accepted = totals.connections_accepted;
  stats.requests = totals.requests;
  stats.responses_by_class = totals.responses_by_class;
  stats.stages.batches = totals.stages.batches;
  stats.stages.service_ns = totals.stages.service_ns;
  stats.stages.write_ns = totals.stages.write_ns;
  read_process(stats);

  Histogram delay(WorkerCounters::kDelayPrecisionBits);
  for (std::uint32_t worker = 0; worker < runtime_->workers(); ++worker) {
    const WorkerCounters& counters = runtime_->counters(WorkerId{worker});
    delay.merge(counters.sched_delay);
    stats.stages.waits += counters.waits.value();
    stats.stages.run_queue_ns += counters.run_queue_ns.value();
    stats.stages.migration_ns += counters.migration_ns.value();
    stats.connections_refused += counters.refused.value();
    stats.accept_errors += counters.accept_errors.value();
    stats.workers.push_back(take_worker(WorkerId{worker}));
  }
  stats.sched_delay_ns = {.p50 = delay.quantile_ns(0.5),
                          .p99 = delay.quantile_ns(0.99),
                          .p999 = delay.quantile_ns(0.999),
                          .max = delay.max_ns(),
                          .mean = delay.mean_ns(),
                          .count = delay.count()};
  return stats;
}

http::WorkerReading ServerReadings::take_worker(WorkerId worker) const {
  WorkerStats stats;
  stats.read(runtime_->scheduler_counters(worker));
  stats.read<LoopCounters>(runtime_->counters(worker));
  stats.read(runtime_->parking_counters(worker));
  stats["connections"] = runtime_->connections_at(worker);
  stats["cpu_ns"] = static_cast<std::uint64_t>(runtime_->cpu_ns(worker));
  return {.worker = index(worker),
          .core = static_cast<std::uint32_t>(runtime_->core_of(worker)),
          .stats = stats};
}

}  // namespace etude::cli
