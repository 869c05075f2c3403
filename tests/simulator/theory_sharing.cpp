// What sharing brings, where it costs nothing: four workers with a queue each are four M/M/1; with
// one queue, or with stealing, they are one M/M/4, whatever the order in which tasks are taken, as
// far as means go. The hybrid keeps a task private until its worker asks for the next one, so it is
// between the two.

#include "experiments/simulator/closed_forms.h"
#include "tests/simulator/theory_case.h"

namespace etude::theory {
namespace {

constexpr std::uint32_t kCores = 4;
constexpr double kLoad = 0.7;
constexpr double kService_us = 10;

Mmc together(double stretch) {
  return {.servers = kCores, .load = kLoad * stretch, .service = kService_us * stretch};
}
Mmc alone(double stretch) {
  return {.servers = 1, .load = kLoad * stretch, .service = kService_us * stretch};
}
double together_sojourn(double stretch) { return sojourn_mean(together(stretch)); }
double together_waiting(double stretch) { return waiting_mean(together(stretch)); }
double alone_sojourn(double stretch) { return sojourn_mean(alone(stretch)); }
double alone_waiting(double stretch) { return kCores * waiting_mean(alone(stretch)); }

Case four_workers(std::string_view scheduler, std::uint64_t requests,
                  const std::map<std::string, std::string>& settings = {}) {
  Case one = open_case({.scheduler = scheduler,
                        .cores = kCores,
                        .load = kLoad,
                        .service_us = kService_us,
                        .requests = requests});
  set_scheduler(one.model, scheduler, settings);
  for (const auto& [key, value] : settings) one.name += " " + key + "=" + value;
  return one;
}

Case as_one(Case one) {
  one.name = "M/M/4, " + one.name;
  one.questions = {
      {"mean sojourn", read_sojourn, together_sojourn},
      {"number that waits", read_waiting, together_waiting},
      {"share that waits", read_waited, [](double s) { return wait_probability(together(s)); }},
  };
  return one;
}

}  // namespace

std::vector<Case> sharing_cases() {
  std::vector<Case> cases;
  Case apart = four_workers("fifo", 150'000);
  apart.name = "4 x M/M/1, fifo";
  apart.questions = {
      {"mean sojourn", read_sojourn, alone_sojourn},
      {"p99 sojourn", read_sojourn_p99, [](double s) { return sojourn_quantile(alone(s), 0.99); }},
      {"number that waits", read_waiting, alone_waiting},
      {"share that waits", read_waited, [](double s) { return kLoad * s; }},
  };
  cases.push_back(apart);
  cases.push_back(as_one(four_workers("shared-queue", 80'000)));
  cases.push_back(as_one(four_workers("work-stealing", 80'000)));
  cases.push_back(as_one(four_workers("work-stealing", 80'000, {{"steal", "one"}})));
  cases.push_back(
      as_one(four_workers("work-stealing", 80'000, {{"order", "lifo"}, {"slot", "1"}})));

  Case between = four_workers("hybrid", 80'000);
  between.name = "between M/M/4 and 4 x M/M/1, hybrid";
  // What it keeps to itself nobody else may take, and which tasks it offered is not known exactly.
  between.conserves_work = false;
  between.questions = {
      {"mean sojourn", read_sojourn, together_sojourn, alone_sojourn},
      {"number that waits", read_waiting, together_waiting, alone_waiting},
  };
  cases.push_back(between);
  return cases;
}

}  // namespace etude::theory
