#include "experiments/simulator/quick_suite.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "core/failure.h"
#include "core/text.h"
#include "experiments/simulator/build_model.h"
#include "experiments/simulator/lengths.h"
#include "experiments/simulator/settling.h"

namespace etude::sim {
namespace {

using harness::Json;

constexpr double kLoadsMost = 1'000;
constexpr std::uint32_t kAtOnce = 65'536;    // so many at once that none ever waits for one
constexpr double kBoundServices = 10;        // the report's bound for p99
constexpr double kRelaxationsMeasured = 11;  // settling.h asks for ten
constexpr double kWarmupMargin = 1.05;
constexpr double kLongest_s = 3'600;  // a trial ends by its requests before

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts{""};
  for (const char letter : text) {
    if (letter == separator) {
      parts.emplace_back();
    } else {
      parts.back() += letter;
    }
  }
  return parts;
}

[[noreturn]] void refuse_loads(const std::string& text, const std::string& problem) {
  throw Error(fmt::format("--load {}", printable(text)), problem,
              "give 0.8, or 0.5,0.8, or 0.1:0.95:0.05 (from, to, step)");
}

double number(const std::string& part, const std::string& text) {
  double value = 0;
  const char* const end = part.data() + part.size();
  const auto [stopped, failed] = std::from_chars(part.data(), end, value);
  if (failed != std::errc() || stopped != end || !std::isfinite(value)) {
    refuse_loads(text, fmt::format("\"{}\" is no number", printable(part)));
  }
  return value;
}

std::vector<double> range(const std::string& text) {
  const std::vector<std::string> parts = split(text, ':');
  if (parts.size() != 3) refuse_loads(text, "is no range");
  const double from = number(parts[0], text);
  const double to = number(parts[1], text);
  const double step = number(parts[2], text);
  if (step <= 0 || to < from) refuse_loads(text, "has nothing in it");
  const double steps = std::floor((to - from) / step + 1e-9);
  if (steps >= kLoadsMost) refuse_loads(text, "has more than 1,000 loads");
  std::vector<double> loads;
  for (int i = 0; i <= static_cast<int>(steps); ++i) {
    loads.push_back(std::round((from + i * step) * 1e9) / 1e9);
  }
  return loads;
}

// As a trial of this load will be, as far as its relaxation time depends on it.
Model model_of(const QuickQuestion& question, const Lengths& service, double load) {
  Model model;
  model.cores = question.cores;
  model.routes = {{.weight = 1, .handler = {.service = service}}};
  model.arrivals.kind = Arrivals::Kind::poisson;
  model.arrivals.rate_rps = load * question.cores * 1e9 / service.drawn_mean_ns();
  return model;
}

}  // namespace

std::vector<double> parse_loads(const std::string& text) {
  std::vector<double> loads;
  if (text.find(':') != std::string::npos) {
    loads = range(text);
  } else {
    for (const std::string& part : split(text, ',')) loads.push_back(number(part, text));
  }
  for (const double load : loads) {
    if (load > 0 && load < 1) continue;
    refuse_loads(text, fmt::format("has {:g}, and queues settle only above 0 and below 1", load));
  }
  std::sort(loads.begin(), loads.end());
  loads.erase(std::unique(loads.begin(), loads.end()), loads.end());
  return loads;
}

Json quick_suite(const QuickQuestion& question) {
  const std::vector<double> loads = parse_loads(question.loads);
  const Lengths service = parse_lengths(question.service);
  const double mean_ns = service.drawn_mean_ns();
  const Model highest = model_of(question, service, loads.back());
  const double rate = highest.arrivals.rate_rps;
  const double relaxation_s = relaxation_ns(highest, false) / 1e9;
  const auto enough = static_cast<std::uint64_t>(kRelaxationsMeasured * relaxation_s * rate);
  const std::uint64_t requests =
      question.requests.value_or(std::clamp(enough, kRequestsLeast, kRequestsMost));
  const double warmup_s =
      std::min(kWarmupMargin * relaxation_s, static_cast<double>(requests) / rate);
  const double longest_s =
      std::max(1.0, 2 * static_cast<double>(requests) / rate * loads.back() / loads.front());
  Json suite;
  suite["name"] = "quick";
  suite["seed"] = question.seed;
  suite["blocks"] = question.blocks;
  suite["warmup_s"] = std::max(1e-6, warmup_s);
  suite["duration_s"] = std::min(kLongest_s, longest_s);
  suite["retries"] = 0;
  suite["models"]["quick"] = {{"costs", question.costs},
                              {"delivery", "direct"},
                              {"assignment", "each_request"},
                              {"client", "ideal"},
                              {"requests_max", requests}};
  suite["workloads"][kQuickWorkload] = {{"simulated", {{"service", question.service}}},
                                        {"capacity_rps", question.cores * 1e9 / mean_ns},
                                        {"p99_bound_us", kBoundServices * mean_ns / 1e3}};
  suite["factors"] = {
      {"model", "quick"},        {"workload", kQuickWorkload}, {"scheduler", question.schedulers},
      {"cores", question.cores}, {"connections", kAtOnce},     {"arrival", "poisson"},
      {"rate_share", loads}};
  return suite;
}

}  // namespace etude::sim
