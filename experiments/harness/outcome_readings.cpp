// The part of a record that comes from readings of the server, its memory and the machine.

#include <fmt/format.h>

#include <algorithm>
#include <sstream>

#include "experiments/harness/outcome.h"

namespace etude::harness {
namespace {

// Above this share of stolen time a trial is marked; protocol.md, 8.
constexpr double kStealMarked = 0.02;
// The same for time that went to neither server nor client. Chosen by hand: clock ticks and the
// harness itself are well below it on two cores.
constexpr double kOthersMarked = 0.10;

}  // namespace

void fill_from_readings(const Reading& start, const Reading& end,
                        std::optional<double> beside_cpu_s, TrialRecord& record) {
  TrialRow& trial = record.trial;
  const auto requests = static_cast<double>(trial.requests.value_or(0));
  if (start.server && end.server) {
    const auto cpu_ns = static_cast<double>(end.server->cpu_ns - start.server->cpu_ns);
    trial.server_cpu_s = cpu_ns * 1e-9;
    trial.server_user_s = end.server->user_s - start.server->user_s;
    trial.server_sys_s = end.server->system_s - start.server->system_s;
    trial.ctx_voluntary = end.server->ctx_voluntary - start.server->ctx_voluntary;
    trial.ctx_involuntary = end.server->ctx_involuntary - start.server->ctx_involuntary;
    trial.rss_max_bytes = end.server->rss_max_bytes;
    if (requests > 0) trial.server_cpu_ns_per_request = cpu_ns / requests;
  }
  if (start.machine.throttled_count && end.machine.throttled_count) {
    const std::int64_t throttled = *end.machine.throttled_count - *start.machine.throttled_count;
    trial.cpu_quota_throttled = throttled;
    if (throttled > 0) {
      add_reason(record,
                 fmt::format("the control group's CPU quota stopped it {} times", throttled));
    }
  }
  const double total_s = end.machine.total_s - start.machine.total_s;
  const double busy_s = end.machine.busy_s - start.machine.busy_s;
  // The machine's busy time belongs to one server only when it is alone.
  if (requests > 0 && !beside_cpu_s) trial.machine_cpu_ns_per_request = busy_s * 1e9 / requests;
  if (total_s > 0) {
    const double stolen = (end.machine.stolen_s - start.machine.stolen_s) / total_s;
    trial.cpu_steal_frac = std::clamp(stolen, 0.0, 1.0);
    if (stolen > kStealMarked) {
      add_reason(record,
                 fmt::format("the hypervisor took {:.1f} % of the machine's time", stolen * 100));
    }
  }
  if (total_s > 0 && trial.server_cpu_s && trial.client_cpu_s) {
    const double processes_s = end.machine.processes_s - start.machine.processes_s;
    const double client_s = trial.client_host.empty() ? *trial.client_cpu_s : 0;  // on this machine
    const double ours_s = *trial.server_cpu_s + client_s + beside_cpu_s.value_or(0);
    const double others = std::clamp((processes_s - ours_s) / total_s, 0.0, 1.0);
    trial.other_cpu_frac = others;
    if (others > kOthersMarked) {
      add_reason(record, fmt::format("other programs used {:.1f} % of the machine", others * 100));
    }
  }
}

void fill_from_memory(const MemorySample& empty, const MemorySample& idle,
                      std::uint32_t connections, TrialRecord& record) {
  TrialRow& trial = record.trial;
  trial.rss_empty_bytes = empty.rss_bytes;
  trial.anon_empty_bytes = empty.anonymous_bytes;
  trial.mappings_empty = empty.mappings;
  trial.rss_idle_bytes = idle.rss_bytes;
  trial.anon_idle_bytes = idle.anonymous_bytes;
  trial.mappings_idle = idle.mappings;
  trial.rss_per_connection_bytes =
      static_cast<double>(idle.rss_bytes - empty.rss_bytes) / static_cast<double>(connections);
}

// Lines of "metric,lower_ns,upper_ns,count" under that header, as `etude load --hist` writes them.
void fill_from_histograms(const std::string& csv_text, TrialRecord& record) {
  std::istringstream lines(csv_text);
  std::string line;
  std::getline(lines, line);
  if (line != "metric,lower_ns,upper_ns,count") {
    return add_reason(record, "the client's histogram file has another header");
  }
  while (std::getline(lines, line)) {
    const std::size_t comma = line.find(',');
    HistRow row{.trial_id = record.trial.trial_id,
                .metric = line.substr(0, comma),
                .lower_ns = 0,
                .upper_ns = 0,
                .count = 0};
    char separator = 0;
    std::istringstream numbers(comma == std::string::npos ? "" : line.substr(comma + 1));
    if (numbers >> row.lower_ns >> separator >> row.upper_ns >> separator >> row.count) {
      record.hist.push_back(row);
    } else {
      return add_reason(record, "the client's histogram file has a torn line");
    }
  }
}

}  // namespace etude::harness
