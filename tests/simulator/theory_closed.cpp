// Closed loop, pipeline 1: connections that think, against exact mean value analysis. And one
// connection whose request forks, where nothing queues: it takes as long as its longest part.

#include "experiments/simulator/closed_forms.h"
#include "tests/simulator/theory_case.h"

namespace etude::theory {
namespace {

constexpr double kService_us = 10;

using Analysis = ClosedResult (*)(const Closed& network, std::uint32_t servers);

Case network_case(std::string name, const ClosedLoad& load, double think_us, Analysis analysis) {
  Case one = closed_case(load);
  one.name = std::move(name) + ", " + one.name;
  const auto solved = [=](double stretch) {
    return analysis(
        {.customers = load.connections, .think = think_us, .service = load.service_us * stretch},
        load.cores);
  };
  one.questions = {
      {"throughput", read_closed_rate, [=](double s) { return solved(s).throughput; }},
      {"mean sojourn", read_closed_sojourn, [=](double s) { return solved(s).sojourn_mean; }},
  };
  return one;
}

Case fork_case(std::uint32_t forks) {
  Case one = closed_case({.scheduler = "work-stealing",
                          .cores = 2 * forks,
                          .connections = 1,
                          .think = "fixed:0",
                          .seconds = 0.2});
  one.name = "fork and join of " + std::to_string(forks) + ", work-stealing";
  sim::Handler& handler = one.model.routes[0].handler;
  handler.forks = forks;
  handler.fork_service = handler.service;
  one.questions = {{"mean sojourn", read_closed_sojourn, [=](double s) {
                      return kService_us * s + longest_mean(forks, kService_us * s);
                    }}};
  return one;
}

}  // namespace

std::vector<Case> closed_cases() {
  std::vector<Case> cases;
  cases.push_back(network_case("8 connections, 1 worker",
                               {.scheduler = "fifo", .connections = 8, .seconds = 0.3}, 50,
                               closed_over_queues));
  cases.push_back(network_case(
      "24 connections, 4 queues",
      {.scheduler = "fifo", .cores = 4, .connections = 24, .think = "exp:20", .seconds = 0.2}, 20,
      closed_over_queues));
  for (const std::string_view scheduler : {"shared-queue", "work-stealing"}) {
    cases.push_back(network_case(
        "24 connections, 4 workers",
        {.scheduler = scheduler, .cores = 4, .connections = 24, .think = "exp:50", .seconds = 0.2},
        50, closed_over_servers));
  }
  cases.push_back(fork_case(4));
  return cases;
}

}  // namespace etude::theory
