#include "experiments/simulator/observation.h"

#include <algorithm>
#include <map>
#include <optional>

namespace etude::sim {
namespace {

using harness::Count;
using harness::TrialRecord;
using harness::TrialRow;
using harness::WorkerRow;

// Chosen by hand, for both rules below. A server that slept so rarely on cores of its own was never
// out of work; and where charges come that near to all the time there was, the rest was spent too.
constexpr double kSleepsPerSecondMax = 500;
constexpr double kChargedShareMin = 0.85;
// Of the machine's time, taken by other programs: as in harness/outcome_readings.cpp.
constexpr double kOthersMax = 0.10;

bool usable(const TrialRow& trial) {
  const bool ran =
      trial.status == "ok" || trial.status == "client_bound" || trial.status == "nonstationary";
  return ran && trial.requests.value_or(0) > 0 && trial.throughput_rps.value_or(0) > 0 &&
         trial.server_cpu_s && trial.client_cpu_s && trial.duration_s;
}

double sum(const TrialRecord& record, etude::StatName name) {
  double total = 0;
  for (const WorkerRow& worker : record.workers) {
    total += static_cast<double>(worker[name].value_or(0));
  }
  return total;
}

struct Split {
  double server_ns;
  double client_ns;
};

// Of the server's own cores first; what then remains of the machine's busy time is the client's.
Split apart_time(const TrialRow& trial, double server_cpu_ns, double client_cpu_ns, double all_ns) {
  const double sleeps_per_s =
      static_cast<double>(trial.ctx_voluntary.value_or(0)) / *trial.duration_s;
  const double server_ns = sleeps_per_s <= kSleepsPerSecondMax * static_cast<double>(trial.cores)
                               ? all_ns
                               : server_cpu_ns;
  const double machine_ns = trial.machine_cpu_ns_per_request.value_or(0) *
                            static_cast<double>(trial.pipeline) *
                            (1 - trial.other_cpu_frac.value_or(0));
  return {server_ns, std::max(client_cpu_ns, machine_ns - server_ns)};
}

// Both took turns on the same cores: what is charged to nobody is shared out by what is charged.
Split near_time(double server_cpu_ns, double client_cpu_ns, double all_ns) {
  const double charged_ns = server_cpu_ns + client_cpu_ns;
  const double factor = charged_ns >= kChargedShareMin * all_ns ? all_ns / charged_ns : 1;
  return {server_cpu_ns * factor, client_cpu_ns * factor};
}

Observation observation_of(const TrialRecord& record) {
  const TrialRow& trial = record.trial;
  const double visits = static_cast<double>(*trial.requests) / static_cast<double>(trial.pipeline);
  const bool near = trial.server_cores == trial.client_cores;
  const double server_cpu_ns = *trial.server_cpu_s * 1e9 / visits;
  const double client_cpu_ns = *trial.client_cpu_s * 1e9 / visits;
  const double all_ns = static_cast<double>(trial.cores) * 1e9 *
                        static_cast<double>(trial.pipeline) / *trial.throughput_rps;
  const Split split = near ? near_time(server_cpu_ns, client_cpu_ns, all_ns)
                           : apart_time(trial, server_cpu_ns, client_cpu_ns, all_ns);
  const double switches = static_cast<double>(trial.ctx_voluntary.value_or(0)) +
                          static_cast<double>(trial.ctx_involuntary.value_or(0));
  return {
      .cell = {.scheduler = trial.scheduler,
               .workload = trial.workload,
               .client = near ? ClientPlace::near : ClientPlace::apart,
               .cores = trial.cores,
               .connections = trial.connections,
               .pipeline = trial.pipeline},
      .server_ns = split.server_ns,
      .client_ns = split.client_ns,
      .polls = sum(record, "polls") / visits,
      .migrations = sum(record, "migrations") / visits,
      .steal_attempts = sum(record, "steal_attempts") / visits,
      .steal_successes = sum(record, "steal_successes") / visits,
      .steal_tasks = sum(record, "steal_tasks") / visits,
      .steal_lost = sum(record, "steal_lost") / visits,
      .thread_switches = switches / visits,
      .sleeps = static_cast<double>(trial.ctx_voluntary.value_or(0)) / visits,
      .run_ns = switches > 0 ? *trial.server_cpu_s * 1e9 / switches : 0,
      .trials = 1,
      .disturbed = trial.other_cpu_frac.value_or(0) > kOthersMax,
  };
}

constexpr double Observation::*kFigures[] = {
    &Observation::server_ns,   &Observation::client_ns,      &Observation::polls,
    &Observation::migrations,  &Observation::steal_attempts, &Observation::steal_successes,
    &Observation::steal_tasks, &Observation::steal_lost,     &Observation::thread_switches,
    &Observation::sleeps,      &Observation::run_ns,
};

}  // namespace

std::vector<Observation> observe(const std::vector<TrialRecord>& records) {
  std::vector<Observation> observations;
  for (const TrialRecord& record : records) {
    if (usable(record.trial)) observations.push_back(observation_of(record));
  }
  return observations;
}

std::vector<Observation> medians(std::vector<Observation> observations) {
  std::map<Cell, std::vector<Observation>> cells;
  for (Observation& seen : observations) cells[seen.cell].push_back(seen);
  std::vector<Observation> result;
  for (auto& [cell, group] : cells) {
    const auto disturbed = [](const Observation& seen) { return seen.disturbed; };
    const bool all = std::all_of(group.begin(), group.end(), disturbed);
    if (!all) std::erase_if(group, disturbed);
    Observation median{.cell = cell, .trials = static_cast<int>(group.size()), .disturbed = all};
    for (double Observation::*figure : kFigures) {
      std::sort(group.begin(), group.end(), [figure](const Observation& a, const Observation& b) {
        return a.*figure < b.*figure;
      });
      const std::size_t middle = group.size() / 2;
      median.*figure = group.size() % 2 == 1
                           ? group[middle].*figure
                           : (group[middle - 1].*figure + group[middle].*figure) / 2;
    }
    result.push_back(median);
  }
  return result;
}

}  // namespace etude::sim
