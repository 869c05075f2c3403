#include "experiments/cli/sim_answer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <utility>

#include "core/text.h"
#include "experiments/simulator/closed_forms.h"
#include "schedulers/queueing.h"

namespace etude::cli {
namespace {

using Json = nlohmann::ordered_json;
using harness::Real;
using harness::TrialRow;

constexpr double kNotSure = 0.05;

// A status with this place is graver than those before it.
int gravity(const std::string& status) {
  constexpr const char* kRising[] = {"ok", "nonstationary", "overloaded"};
  const auto found = std::find(std::begin(kRising), std::end(kRising), status);
  return static_cast<int>(found - std::begin(kRising));
}

sim::Queues queues_of(const std::string& scheduler, const std::string& params) {
  switch (queueing_of(scheduler, params)) {
    case Queueing::alone:
      return sim::Queues::alone;
    case Queueing::together:
      return sim::Queues::together;
    case Queueing::shared:
      return sim::Queues::shared;
    case Queueing::unknown:
      break;
  }
  return sim::Queues::other;
}

class Mean {
 public:
  void add(const Real& value) {
    if (!value) return;
    ++count_;
    sum_ += *value;
    squares_ += *value * *value;
  }
  Real value() const { return count_ > 0 ? Real(sum_ / count_) : std::nullopt; }
  Real half() const {
    if (count_ < 2) return std::nullopt;
    const double mean = sum_ / count_;
    const double variance = std::max(0.0, squares_ / count_ - mean * mean) * count_ / (count_ - 1);
    return theory::student_t(count_ - 1, kNotSure) * std::sqrt(variance / count_);
  }

 private:
  std::uint32_t count_ = 0;
  double sum_ = 0;
  double squares_ = 0;
};

Real per_request(const harness::Count& count, const TrialRow& trial) {
  if (!count || trial.requests.value_or(0) == 0) return std::nullopt;
  return static_cast<double>(*count) / static_cast<double>(*trial.requests);
}

SimAnswerRow row_of(const std::vector<const TrialRow*>& trials, const AnswerSettings& settings) {
  const TrialRow& first = *trials.front();
  SimAnswerRow row;
  row.scheduler = first.scheduler;
  row.scheduler_params = first.scheduler_params;
  row.cores = first.cores;
  row.load = first.rate_share.value_or(0);
  row.runs = static_cast<std::int64_t>(trials.size());
  Mean mean;
  for (const TrialRow* trial : trials) mean.add(trial->lat_intended_mean_ns);
  row.mean_ns = mean.value();
  row.mean_half_ns = mean.half();
  const auto over_runs = [&](auto&& read) {
    Mean values;
    for (const TrialRow* trial : trials) values.add(read(*trial));
    return values.value();
  };
  row.p50_ns = over_runs([](const TrialRow& t) { return t.lat_intended_p50_ns; });
  row.p99_ns = over_runs([](const TrialRow& t) { return t.lat_intended_p99_ns; });
  row.p999_ns = over_runs([](const TrialRow& t) { return t.lat_intended_p999_ns; });
  row.slowdown_mean = over_runs([](const TrialRow& t) { return t.slowdown_mean; });
  row.slowdown_p50 = over_runs([](const TrialRow& t) { return t.slowdown_p50; });
  row.slowdown_p99 = over_runs([](const TrialRow& t) { return t.slowdown_p99; });
  row.slowdown_p999 = over_runs([](const TrialRow& t) { return t.slowdown_p999; });
  row.throughput_rps = over_runs([](const TrialRow& t) { return t.throughput_rps; });
  row.utilisation = over_runs([](const TrialRow& t) { return t.utilisation; });
  row.efficiency = over_runs([](const TrialRow& t) { return t.efficiency; });
  row.steals_per_request = over_runs([](const TrialRow& t) { return per_request(t.steals, t); });
  row.looks_per_request =
      over_runs([](const TrialRow& t) { return per_request(t.steal_attempts, t); });
  const auto gravest = std::max_element(trials.begin(), trials.end(),
                                        [](const TrialRow* one, const TrialRow* other) {
                                          return gravity(one->status) < gravity(other->status);
                                        });
  row.status = (*gravest)->status;
  row.reasons = (*gravest)->reasons;
  if (settings.free) {
    row.theory = closed_form(queues_of(row.scheduler, row.scheduler_params),
                             static_cast<std::uint32_t>(row.cores), row.load, settings.service);
  }
  return row;
}

std::string us(const Real& ns) { return ns ? fmt::format("{:.4g}", *ns / 1e3) : "-"; }
std::string plain(const Real& value, int digits = 4) {
  return value ? fmt::format("{:.{}g}", *value, digits) : "-";
}
std::string share(const Real& value) { return value ? fmt::format("{:.3f}", *value) : "-"; }

std::string theory_text(const std::optional<sim::ClosedForm>& form) {
  if (!form) return "-";
  std::string text = fmt::format("{}: mean {}", form->name, us(form->mean_ns));
  if (form->p99_ns) {
    text += fmt::format(", p50 {}, p99 {}, p99.9 {}", us(form->p50_ns), us(form->p99_ns),
                        us(form->p999_ns));
  }
  return text;
}

// A scheduler's name, with its parameters where the name stands for several.
std::string name_of(const SimAnswerRow& row, const SimAnswer& answer) {
  const bool alone = std::all_of(answer.begin(), answer.end(), [&](const SimAnswerRow& other) {
    return other.scheduler != row.scheduler || other.scheduler_params == row.scheduler_params;
  });
  return alone ? row.scheduler : fmt::format("{} ({})", row.scheduler, row.scheduler_params);
}

Json json_of(const SimAnswerRow& row) {
  const auto value = [](const Real& real) { return real ? Json(*real) : Json(); };
  Json json{{"scheduler", row.scheduler},
            {"scheduler_params", row.scheduler_params},
            {"cores", row.cores},
            {"load", row.load},
            {"runs", row.runs},
            {"mean_ns", value(row.mean_ns)},
            {"mean_half_ns", value(row.mean_half_ns)},
            {"p50_ns", value(row.p50_ns)},
            {"p99_ns", value(row.p99_ns)},
            {"p999_ns", value(row.p999_ns)},
            {"slowdown_mean", value(row.slowdown_mean)},
            {"slowdown_p50", value(row.slowdown_p50)},
            {"slowdown_p99", value(row.slowdown_p99)},
            {"slowdown_p999", value(row.slowdown_p999)},
            {"throughput_rps", value(row.throughput_rps)},
            {"utilisation", value(row.utilisation)},
            {"efficiency", value(row.efficiency)},
            {"steals_per_request", value(row.steals_per_request)},
            {"looks_per_request", value(row.looks_per_request)}};
  const std::optional<sim::ClosedForm>& form = row.theory;
  json["closed_form"] = form ? form->name : "";
  json["closed_form_mean_ns"] = form ? Json(form->mean_ns) : Json();
  json["closed_form_p50_ns"] = form ? value(form->p50_ns) : Json();
  json["closed_form_p99_ns"] = form ? value(form->p99_ns) : Json();
  json["closed_form_p999_ns"] = form ? value(form->p999_ns) : Json();
  json["status"] = row.status;
  json["reasons"] = row.reasons;
  return json;
}

}  // namespace

SimAnswer answer_of(const std::vector<TrialRow>& trials, const AnswerSettings& settings) {
  std::vector<std::pair<std::string, double>> order;
  std::map<std::pair<std::string, double>, std::vector<const TrialRow*>> cells;
  for (const TrialRow& trial : trials) {
    const std::pair key{trial.scheduler + " " + trial.scheduler_params,
                        trial.rate_share.value_or(0)};
    if (!cells.contains(key)) order.push_back(key);
    cells[key].push_back(&trial);
  }
  std::sort(order.begin(), order.end());
  SimAnswer answer;
  for (const auto& key : order) answer.push_back(row_of(cells.at(key), settings));
  return answer;
}

bool costs_nothing(const sim::Costs& costs) {
  const bool paths = std::any_of(costs.path_ns.begin(), costs.path_ns.end(),
                                 [](const auto& path) { return path.second > 0; });
  return !paths && std::none_of(sim::cost_entries().begin(), sim::cost_entries().end(),
                                [&](const sim::CostEntry& entry) {
                                  return entry.name.ends_with("_ns") && costs.*entry.member != 0;
                                });
}

void print_table(const SimAnswer& answer, const sim::QuickQuestion& question) {
  std::size_t width = 9;
  for (const SimAnswerRow& row : answer) width = std::max(width, name_of(row, answer).size());
  fmt::print("{} cores, service {} us, costs {}; {} runs of each; times in us\n", question.cores,
             printable(question.service), printable(question.costs), question.blocks);
  constexpr const char* kLine =
      "{:<{}} {:>6} {:>8} {:>7} {:>8} {:>8} {:>8} {:>9} {:>9} {:>9} {:>6} {:>6} {:>8} {:>8}  {}\n";
  fmt::print(kLine, "scheduler", width, "load", "mean", "+-", "p50", "p99", "p99.9", "slow mean",
             "slow p99", "sl p99.9", "util", "effic", "steals/r", "looks/r", "closed form");
  for (const SimAnswerRow& row : answer) {
    fmt::print(kLine, name_of(row, answer), width, fmt::format("{:g}", row.load), us(row.mean_ns),
               row.mean_half_ns ? fmt::format("{:.2g}", *row.mean_half_ns / 1e3) : "-",
               us(row.p50_ns), us(row.p99_ns), us(row.p999_ns), plain(row.slowdown_mean),
               plain(row.slowdown_p99), plain(row.slowdown_p999), share(row.utilisation),
               share(row.efficiency), plain(row.steals_per_request, 3),
               plain(row.looks_per_request, 3), theory_text(row.theory));
  }
  for (const SimAnswerRow& row : answer) {
    if (row.status == "ok") continue;
    fmt::print("{} at {:g} is {}: {}\n", name_of(row, answer), row.load, row.status, row.reasons);
  }
}

void print_json(const SimAnswer& answer) {
  Json rows = Json::array();
  for (const SimAnswerRow& row : answer) rows.push_back(json_of(row));
  fmt::print("{}\n", Json{{"schema", 1}, {"rows", rows}}.dump(2));
}

}  // namespace etude::cli
