#include "experiments/load/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <utility>

#include "core/text.h"
#include "experiments/load/hgrm.h"

namespace etude::load {
namespace {

using Json = nlohmann::ordered_json;

struct Metric {
  const char* name;
  const Histogram& histogram;
  bool measured;  // false: this form of load has no such latency
};

std::array<Metric, 5> metrics_of(const LoadResult& result) {
  const LoadOptions& options = result.options;
  const bool open_loop = is_open_loop(options);
  const bool batches = !open_loop && options.mode == Mode::batch;
  const Tally& tally = result.tally;
  return {{{"lat_req_ns", tally.lat_req, true},
           {"lat_batch_ns", tally.lat_batch, batches},
           {"lat_intended_ns", tally.lat_intended, open_loop},
           {"send_lag_ns", tally.send_lag, open_loop},
           {"population_wait_ns", tally.population_wait, open_loop}}};
}

Json json_of(const Histogram& histogram) {
  if (histogram.count() == 0) return Json{{"count", 0}};
  return Json{{"mean", histogram.mean_ns()},
              {"p50", histogram.quantile_ns(0.5)},
              {"p90", histogram.quantile_ns(0.9)},
              {"p99", histogram.quantile_ns(0.99)},
              {"p999", histogram.quantile_ns(0.999)},
              {"p9999", histogram.quantile_ns(0.9999)},
              {"max", histogram.max_ns()},
              {"count", histogram.count()}};
}

Json json_of(const std::array<std::uint64_t, kFaults>& faults) {
  constexpr std::array<const char*, kFaults> kNames = {"connect", "read",   "write",
                                                       "timeout", "status", "body"};
  Json json;
  for (std::size_t kind = 0; kind < kFaults; ++kind) json[kNames[kind]] = faults[kind];
  return json;
}

Json statuses_of(const Tally& tally) {
  Json json;
  for (std::size_t i = 2; i < tally.answers_by_class.size(); ++i) {
    json[fmt::format("{}xx", i)] = tally.answers_by_class[i];
  }
  return json;
}

Json json_of(const std::vector<Window>& windows, Nanos duration_ns) {
  Json json = Json::array();
  for (std::size_t i = 0; i < windows.size(); ++i) {
    const Window& window = windows[i];
    const Nanos start_ns = static_cast<Nanos>(i) * kWindow_ns;
    Json entry{{"start_ns", start_ns},
               {"length_ns", std::min(kWindow_ns, duration_ns - start_ns)},
               {"requests", window.requests}};
    if (window.requests > 0) {
      entry["lat_req_mean_ns"] =
          static_cast<double>(window.lat_req_sum_ns) / static_cast<double>(window.requests);
    }
    json.push_back(std::move(entry));
  }
  return json;
}

double seconds(Nanos ns) { return static_cast<double>(ns) / 1e9; }

std::string human_time(double ns) {
  if (ns < 1e3) return fmt::format("{:.0f}ns", ns);
  if (ns < 1e6) return fmt::format("{:.2f}us", ns / 1e3);
  if (ns < 1e9) return fmt::format("{:.2f}ms", ns / 1e6);
  return fmt::format("{:.2f}s", ns / 1e9);
}
std::string human_time(Nanos ns) { return human_time(static_cast<double>(ns)); }

std::string human_bytes(double bytes) {
  constexpr std::array<const char*, 4> kUnits = {"B", "KB", "MB", "GB"};
  std::size_t unit = 0;
  for (; bytes >= 1024 && unit + 1 < kUnits.size(); ++unit) bytes /= 1024;
  return fmt::format("{:.2f}{}", bytes, kUnits[unit]);
}

std::string latency_lines(const LoadResult& result, Distribution distribution) {
  std::string text = "  Latency        Mean       p50       p90       p99     p99.9       Max\n";
  for (const auto& [name, histogram, measured] : metrics_of(result)) {
    if (!measured || histogram.count() == 0) continue;
    const std::string_view label =
        std::string_view(name).substr(0, std::string_view(name).size() - 3);
    text += fmt::format("    {:<12}", label);
    text += fmt::format("{:>7}", human_time(histogram.mean_ns()));
    for (const double share : {0.5, 0.9, 0.99, 0.999, 1.0}) {
      text += fmt::format(" {:>9}", human_time(histogram.quantile_ns(share)));
    }
    text += '\n';
  }
  if (distribution == Distribution::shown) {
    const bool open_loop = is_open_loop(result.options);
    const Tally& tally = result.tally;
    text += fmt::format("  Latency Distribution ({})\n", open_loop ? "lat_intended" : "lat_req");
    for (const double share : {0.5, 0.75, 0.9, 0.99, 0.999, 0.9999}) {
      const Histogram& histogram = open_loop ? tally.lat_intended : tally.lat_req;
      text += fmt::format("{:>7g}% {:>9}\n", share * 100, human_time(histogram.quantile_ns(share)));
    }
  }
  return text;
}

Json turns_of(const LoadResult& result) {
  const Turns& turns = result.options.turns;
  if (!turns.are_taken()) return {};
  const Nanos start_ns = result.measure_start_ns;
  return {
      {"length_ns", turns.length_ns},
      {"index", turns.index},
      {"count", turns.count},
      {"active_s", seconds(turns.ours_between(start_ns, start_ns + result.options.duration_ns))}};
}

Json think_of(const LoadOptions& options) {
  if (options.think.mean_ns == 0) return {};
  return {{"mean_s", seconds(options.think.mean_ns)},
          {"distribution", options.think.exponential ? "exp" : "fixed"}};
}

Json routes_of(const LoadResult& result) {
  const std::vector<Route>& mix = result.options.mix;
  Json json = Json::array();
  for (std::size_t i = 0; i < result.tally.routes.size(); ++i) {
    const RouteTally& tally = result.tally.routes[i];
    json.push_back(
        {{"path", printable(mix[i].path)},
         {"weight", mix[i].weight},
         {"requests", tally.lat_req.count()},
         {"lat_req_ns", json_of(tally.lat_req)},
         {"lat_intended_ns", is_open_loop(result.options) ? json_of(tally.lat_intended) : Json()}});
  }
  return json.empty() ? Json() : json;
}

Json beside_of(const LoadResult& result) {
  if (result.options.beside_connections == 0) return {};
  return {{"path", printable(result.options.beside_path)},
          {"connections", result.options.beside_connections},
          {"requests", result.beside.requests},
          {"errors", error_count(result.beside)},
          {"lat_req_ns", json_of(result.beside.lat_req)}};
}

std::string route_lines(const LoadResult& result) {
  std::string text;
  for (std::size_t i = 0; i < result.tally.routes.size(); ++i) {
    const Histogram& latency = result.tally.routes[i].lat_req;
    text += fmt::format("  {} of {}: p50 {}, p99 {}\n", latency.count(),
                        printable(result.options.mix[i].path), human_time(latency.quantile_ns(0.5)),
                        human_time(latency.quantile_ns(0.99)));
  }
  if (result.options.beside_connections > 0) {
    text += fmt::format("  Beside it, not counted: {} of {}, {} errors\n", result.beside.requests,
                        printable(result.options.beside_path), error_count(result.beside));
  }
  return text;
}

std::string error_lines(const Tally& tally) {
  const auto count = [&tally](Fault kind) { return tally.faults[static_cast<std::size_t>(kind)]; };
  std::string text;
  const std::uint64_t socket_errors =
      count(Fault::connect) + count(Fault::read) + count(Fault::write) + count(Fault::timeout);
  if (socket_errors > 0) {
    text += fmt::format("  Socket errors: connect {}, read {}, write {}, timeout {}\n",
                        count(Fault::connect), count(Fault::read), count(Fault::write),
                        count(Fault::timeout));
  }
  const std::array<std::uint64_t, 6>& answers = tally.answers_by_class;
  if (tally.requests > answers[2]) {
    text += fmt::format("  Responses: 2xx {}, 3xx {}, 4xx {}, 5xx {}\n", answers[2], answers[3],
                        answers[4], answers[5]);
  }
  if (count(Fault::status) > 0) {
    text += fmt::format("  Non-2xx or 3xx responses: {}\n", count(Fault::status));
  }
  if (count(Fault::body) > 0) text += fmt::format("  Unexpected bodies: {}\n", count(Fault::body));
  return text;
}

}  // namespace

std::string to_json(const LoadResult& result) {
  const LoadOptions& options = result.options;
  const Tally& tally = result.tally;
  const bool open_loop = is_open_loop(options);
  Json json{{"schema", 1},
            {"url", printable(options.url)},
            {"address", result.address},
            {"connections", options.connections},
            {"threads", options.threads},
            {"pipeline", options.pipeline},
            // An open loop sends each request when it is due, not in batches.
            {"mode", open_loop ? name_of(Mode::window) : name_of(options.mode)},
            {"arrival", name_of(options.arrival)},
            {"rate_target_rps", open_loop ? Json(options.rate_rps) : Json()},
            {"realtime", result.realtime},
            {"seed", options.seed},
            {"started_at", result.started_at},
            {"warmup_s", seconds(options.warmup_ns)},
            {"duration_s", seconds(options.duration_ns)},
            {"measure_start_ns", result.measure_start_ns},
            {"requests", tally.requests},
            {"throughput_rps", throughput_rps(result)},
            {"bytes", tally.bytes}};
  for (const auto& [name, histogram, measured] : metrics_of(result)) {
    json[name] = measured ? json_of(histogram) : Json();
  }
  json["inflight_mean"] = inflight_mean(result);
  json["little_err"] = little_error(result);
  json["idle_frac"] = idle_share(tally);
  json["errors"] = json_of(tally.faults);
  json["statuses"] = statuses_of(tally);
  json["think"] = think_of(options);
  json["turns"] = turns_of(result);
  json["requests_per_connection"] =
      options.requests_per_connection > 0 ? Json(options.requests_per_connection) : Json();
  json["renewals"] = result.renewals;
  json["connections_open"] = result.connections_open;
  json["connects_failed"] = result.connects_failed;
  json["reconnects"] = result.reconnects;
  const std::vector<std::uint64_t>& shares = result.requests_per_connection;
  json["fairness"] = {{"min_requests", *std::min_element(shares.begin(), shares.end())},
                      {"max_requests", *std::max_element(shares.begin(), shares.end())},
                      {"jain", jain_index(shares)}};
  json["client_cpu"] = {{"user_s", seconds(result.cpu_user_ns)},
                        {"sys_s", seconds(result.cpu_sys_ns)},
                        {"busiest_thread", result.busiest_thread}};
  json["routes"] = routes_of(result);
  json["beside"] = beside_of(result);
  const Verdict verdict = judge(result);
  json["status"] = name_of(verdict.status);
  json["reasons"] = verdict.reasons;
  json["windows"] = json_of(tally.windows, options.duration_ns);
  return json.dump(1, ' ', false, Json::error_handler_t::replace) + '\n';
}

std::string to_text(const LoadResult& result, Distribution distribution) {
  const Tally& tally = result.tally;
  const double duration_s = seconds(result.options.duration_ns);
  std::string text = latency_lines(result, distribution);
  text += fmt::format("  {} requests in {:.2f}s, {} read\n", tally.requests, duration_s,
                      human_bytes(static_cast<double>(tally.bytes)));
  text += route_lines(result);
  text += error_lines(tally);
  text += fmt::format(
      "  In flight {:.1f}, idle {:.1f} %, Little's error {:.2f} %, client CPU {:.0f} %"
      " of a core\n",
      inflight_mean(result), idle_share(tally) * 100, little_error(result) * 100,
      result.busiest_thread * 100);
  text += fmt::format("Requests/sec: {:>12.2f}\n", throughput_rps(result));
  text += fmt::format("Transfer/sec: {:>12}\n",
                      human_bytes(static_cast<double>(tally.bytes) / duration_s));
  const Verdict verdict = judge(result);
  text += fmt::format("Status: {}\n", name_of(verdict.status));
  for (const std::string& reason : verdict.reasons) text += fmt::format("  {}\n", reason);
  return text;
}

std::string to_percentile_listing(const LoadResult& result) {
  const Tally& tally = result.tally;
  return to_hgrm(is_open_loop(result.options) ? tally.lat_intended : tally.lat_req);
}

std::string to_histogram_csv(const LoadResult& result) {
  std::string text = "metric,lower_ns,upper_ns,count\n";
  for (const auto& [name, histogram, measured] : metrics_of(result)) {
    if (!measured) continue;
    histogram.for_each([&text, &name](Nanos lower_ns, Nanos upper_ns, std::uint64_t count) {
      text += fmt::format("{},{},{},{}\n", name, lower_ns, upper_ns, count);
    });
  }
  return text;
}

}  // namespace etude::load
