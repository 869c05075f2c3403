#include "core/http/stats.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

namespace etude::http {

namespace {

constexpr std::string_view kPrometheusText = "text/plain; version=0.0.4; charset=utf-8";

struct StageColumn {
  std::string_view name;
  std::uint64_t StageStats::*value;
};

constexpr StageColumn kStageColumns[] = {
    {"waits", &StageStats::waits},
    {"run_queue_ns", &StageStats::run_queue_ns},
    {"migration_ns", &StageStats::migration_ns},
    {"batches", &StageStats::batches},
    {"service_ns", &StageStats::service_ns},
    {"write_ns", &StageStats::write_ns},
};

nlohmann::ordered_json stages_json(const StageStats& stages) {
  nlohmann::ordered_json json;
  for (const StageColumn& column : kStageColumns) json[column.name] = stages.*column.value;
  return json;
}

nlohmann::ordered_json worker_json(const WorkerReading& worker) {
  nlohmann::ordered_json json{{"worker", worker.worker}, {"core", worker.core}};
  for (std::size_t at = 0; at < kWorkerStatCount; ++at) {
    const WorkerStat& stat = kWorkerStats[at];
    if (stat.scope != StatScope::nobody) json[stat.name] = worker.stats.values[at];
  }
  return json;
}

// Writes metrics one after another: a type line, then its samples.
class PrometheusText {
 public:
  void type(std::string_view name, std::string_view type) {
    text_.append("# TYPE etude_").append(name).append(" ").append(type).append("\n");
  }
  template <typename Value>
  void sample(std::string_view name, std::string_view labels, Value value) {
    constexpr std::size_t kCharactersMax = 32;  // of any number, shortest form
    std::array<char, kCharactersMax> number;
    char* end = std::to_chars(number.data(), number.data() + number.size(), value).ptr;
    text_.append("etude_").append(name).append(labels).append(" ");
    text_.append(number.data(), end).append("\n");
  }
  template <typename Value>
  void single(std::string_view name, std::string_view type_name, Value value) {
    type(name, type_name);
    sample(name, "", value);
  }
  std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

void append_delay(PrometheusText& out, const DelayStats& delay) {
  constexpr double kSecond_ns = static_cast<double>(kSecond);
  const auto seconds = [](Nanos ns) { return static_cast<double>(ns) / kSecond_ns; };
  constexpr std::string_view kName = "sched_delay_seconds";
  out.type(kName, "summary");
  out.sample(kName, "{quantile=\"0.5\"}", seconds(delay.p50));
  out.sample(kName, "{quantile=\"0.99\"}", seconds(delay.p99));
  out.sample(kName, "{quantile=\"0.999\"}", seconds(delay.p999));
  out.sample("sched_delay_seconds_sum", "",
             delay.mean * static_cast<double>(delay.count) / kSecond_ns);
  out.sample("sched_delay_seconds_count", "", delay.count);
}

// A metric's name, with the unit as Prometheus has it; `ns` is then what seconds are made of.
std::string metric_name(const WorkerStat& stat) {
  std::string name(stat.name);
  if (stat.unit == "ns") name.replace(name.rfind("_ns"), 3, "_seconds");
  return fmt::format("worker_{}{}", name, stat.kind == StatKind::counter ? "_total" : "");
}

void append_workers(PrometheusText& out, const std::vector<WorkerReading>& workers) {
  for (std::size_t at = 0; at < kWorkerStatCount; ++at) {
    const WorkerStat& stat = kWorkerStats[at];
    if (stat.scope == StatScope::nobody) continue;
    const std::string name = metric_name(stat);
    out.type(name, stat.kind == StatKind::counter ? "counter" : "gauge");
    for (const WorkerReading& worker : workers) {
      const std::string labels =
          fmt::format("{{worker=\"{}\",core=\"{}\"}}", worker.worker, worker.core);
      const std::uint64_t value = worker.stats.values[at];
      if (stat.unit == "ns") {
        out.sample(name, labels, static_cast<double>(value) / static_cast<double>(kSecond));
      } else {
        out.sample(name, labels, value);
      }
    }
  }
}

}  // namespace

std::string to_json(const ServerStats& stats) {
  nlohmann::ordered_json classes;
  for (std::size_t i = 1; i < stats.responses_by_class.size(); ++i) {
    classes[fmt::format("{}xx", i)] = stats.responses_by_class[i];
  }
  const DelayStats& delay = stats.sched_delay_ns;
  nlohmann::ordered_json json{
      {"schema", 1},
      {"scheduler", stats.scheduler},
      {"scheduler_params", stats.scheduler_params},
      {"uptime_ns", stats.uptime_ns},
      {"connections_open", stats.connections_open},
      {"connections_accepted", stats.connections_accepted},
      {"connections_refused", stats.connections_refused},
      {"accept_errors", stats.accept_errors},
      {"requests", stats.requests},
      {"responses_by_class", classes},
      {"cpu", {{"user_s", stats.cpu_user_s}, {"sys_s", stats.cpu_sys_s}}},
      {"rss_bytes", stats.rss_bytes},
      {"rss_max_bytes", stats.rss_max_bytes},
      {"ctx_voluntary", stats.ctx_voluntary},
      {"ctx_involuntary", stats.ctx_involuntary},
      {"sched_delay_ns",
       {{"p50", delay.p50},
        {"p99", delay.p99},
        {"p999", delay.p999},
        {"max", delay.max},
        {"mean", delay.mean},
        {"count", delay.count}}},
      {"stages", stages_json(stats.stages)},
      {"workers", nlohmann::ordered_json::array()},
  };
  for (const WorkerReading& worker : stats.workers) json["workers"].push_back(worker_json(worker));
  return json.dump();
}

std::string to_prometheus(const ServerStats& stats) {
  PrometheusText out;
  out.single("uptime_seconds", "gauge",
             static_cast<double>(stats.uptime_ns) / static_cast<double>(kSecond));
  out.single("connections_open", "gauge", stats.connections_open);
  out.single("connections_accepted_total", "counter", stats.connections_accepted);
  out.single("connections_refused_total", "counter", stats.connections_refused);
  out.single("accept_errors_total", "counter", stats.accept_errors);
  out.single("requests_total", "counter", stats.requests);
  out.type("responses_total", "counter");
  for (std::size_t i = 1; i < stats.responses_by_class.size(); ++i) {
    out.sample("responses_total", fmt::format("{{class=\"{}xx\"}}", i),
               stats.responses_by_class[i]);
  }
  out.single("cpu_user_seconds_total", "counter", stats.cpu_user_s);
  out.single("cpu_sys_seconds_total", "counter", stats.cpu_sys_s);
  out.single("rss_bytes", "gauge", stats.rss_bytes);
  out.single("rss_max_bytes", "gauge", stats.rss_max_bytes);
  out.single("ctx_voluntary_total", "counter", stats.ctx_voluntary);
  out.single("ctx_involuntary_total", "counter", stats.ctx_involuntary);
  append_delay(out, stats.sched_delay_ns);
  for (const StageColumn& column : kStageColumns) {
    out.single(fmt::format("stage_{}_total", column.name), "counter", stats.stages.*column.value);
  }
  append_workers(out, stats.workers);
  return out.take();
}

void add_stats_routes(Router& router, const std::function<ServerStats()>& read) {
  router.add(Method::get, "/stats", [read](const Request&, Response& response, ThisFiber&) {
    response.text = to_json(read());
    response.body = response.text;
    response.content_type = kJson;
  });
  router.add(Method::get, "/metrics", [read](const Request&, Response& response, ThisFiber&) {
    response.text = to_prometheus(read());
    response.body = response.text;
    response.content_type = kPrometheusText;
  });
}

}  // namespace etude::http
