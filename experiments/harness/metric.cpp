#include "experiments/harness/metric.h"

#include <algorithm>
#include <array>
#include <utility>

namespace etude::harness {
namespace {

constexpr std::array kMetrics{std::pair{Metric::cpu, std::string_view{"cpu"}},
                              std::pair{Metric::throughput, std::string_view{"throughput"}},
                              std::pair{Metric::p50, std::string_view{"p50"}},
                              std::pair{Metric::p99, std::string_view{"p99"}}};

}  // namespace

std::string_view metric_name(Metric metric) {
  return std::find_if(kMetrics.begin(), kMetrics.end(),
                      [&](const auto& known) { return known.first == metric; })
      ->second;
}

std::optional<Metric> find_metric(std::string_view name) {
  for (const auto& [metric, known] : kMetrics) {
    if (known == name) return metric;
  }
  return std::nullopt;
}

std::string_view metric_column(Metric metric, bool open_loop) {
  switch (metric) {
    case Metric::cpu:
      return "server_cpu_ns_per_request";
    case Metric::throughput:
      return "throughput_rps";
    case Metric::p50:
      return open_loop ? "lat_intended_p50_ns" : "lat_req_p50_ns";
    case Metric::p99:
      break;
  }
  return open_loop ? "lat_intended_p99_ns" : "lat_req_p99_ns";
}

Real metric_value(const TrialRow& trial, Metric metric) {
  const bool open_loop = trial.arrival != "closed";
  switch (metric) {
    case Metric::cpu:
      return trial.server_cpu_ns_per_request;
    case Metric::throughput:
      return trial.throughput_rps;
    case Metric::p50:
      return open_loop ? trial.lat_intended_p50_ns : trial.lat_req_p50_ns;
    case Metric::p99:
      break;
  }
  return open_loop ? trial.lat_intended_p99_ns : trial.lat_req_p99_ns;
}

std::string direction_word(Metric metric, double ratio) {
  switch (metric) {
    case Metric::cpu:
      return ratio < 1 ? "cheaper" : "dearer";
    case Metric::throughput:
      return ratio < 1 ? "slower" : "faster";
    case Metric::p50:
    case Metric::p99:
      break;
  }
  return ratio < 1 ? "lower" : "higher";
}

}  // namespace etude::harness
