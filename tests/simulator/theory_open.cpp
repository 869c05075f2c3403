// Open loop before one queue: M/M/1 with every scheduler, M/M/c with the central queue, and service
// or arrivals that are not exponential with one worker.

#include <cmath>

#include "experiments/simulator/closed_forms.h"
#include "tests/simulator/theory_case.h"

namespace etude::theory {
namespace {

constexpr double kService_us = 10;

Mmc queue_of(const OpenLoad& load, double stretch) {
  return {.servers = load.cores, .load = load.load * stretch, .service = load.service_us * stretch};
}

// All that is known of M/M/c.
Case mmc_case(const OpenLoad& load) {
  Case one = open_case(load);
  one.name = "M/M/" + std::to_string(load.cores) + " load " +
             std::to_string(load.load).substr(0, 4) + ", " + one.name;
  one.questions = {
      {"mean sojourn", read_sojourn, [=](double s) { return sojourn_mean(queue_of(load, s)); }},
      {"p99 sojourn", read_sojourn_p99,
       [=](double s) { return sojourn_quantile(queue_of(load, s), 0.99); }},
      {"share that waits", read_waited,
       [=](double s) { return wait_probability(queue_of(load, s)); }},
      {"number that waits", read_waiting,
       [=](double s) { return waiting_mean(queue_of(load, s)); }},
  };
  return one;
}

Case mg1_case(std::string name, const OpenLoad& load, double scv) {
  Case one = open_case(load);
  one.name = std::move(name);
  one.questions = {{"mean sojourn", read_sojourn, [=](double s) {
                      return mg1_sojourn_mean(load.load * s, load.service_us * s, scv);
                    }}};
  return one;
}

// Short ones, and a share of long ones: the mean and the mean square of fixed times. Those of
// exponential times have twice the mean square.
struct Mixture {
  double short_us, long_us, share;
  double mean_us() const { return short_us + (long_us - short_us) * share; }
  double mean_square() const {
    return short_us * short_us * (1 - share) + long_us * long_us * share;
  }
  std::string text(std::string_view name) const {
    return std::string(name) + ":" + std::to_string(short_us) + "," + std::to_string(long_us) +
           "," + std::to_string(share);
  }
};

}  // namespace

std::vector<Case> open_cases() {
  std::vector<Case> cases;
  for (const std::string_view scheduler : {"fifo", "work-stealing", "hybrid", "shared-queue"}) {
    cases.push_back(mmc_case({.scheduler = scheduler, .load = 0.5, .requests = 40'000}));
  }
  cases.push_back(mmc_case({.scheduler = "fifo", .load = 0.7, .requests = 100'000}));
  cases.push_back(
      mmc_case({.scheduler = "shared-queue", .cores = 2, .load = 0.7, .requests = 80'000}));
  cases.push_back(
      mmc_case({.scheduler = "shared-queue", .cores = 4, .load = 0.8, .requests = 120'000}));
  cases.push_back(
      mmc_case({.scheduler = "shared-queue", .cores = 16, .load = 0.9, .requests = 150'000}));

  cases.push_back(mg1_case("M/D/1 load 0.7, fifo",
                           {.scheduler = "fifo", .load = 0.7, .service = "fixed:10"}, 0));
  const Mixture two{.short_us = 5, .long_us = 55, .share = 0.1};
  const double square = two.mean_us() * two.mean_us();
  cases.push_back(mg1_case("M/G/1 bimodal load 0.5, fifo",
                           {.scheduler = "fifo",
                            .load = 0.5,
                            .service = two.text("bimodal"),
                            .service_us = two.mean_us(),
                            .requests = 100'000},
                           two.mean_square() / square - 1));
  cases.push_back(mg1_case("M/G/1 hyperexponential load 0.5, shared-queue",
                           {.scheduler = "shared-queue",
                            .load = 0.5,
                            .service = two.text("hyperexp"),
                            .service_us = two.mean_us(),
                            .requests = 150'000},
                           2 * two.mean_square() / square - 1));

  // One worker that polls its own reactor changes the order of service, and so no mean.
  const OpenLoad polled{.scheduler = "fifo", .load = 0.7, .requests = 60'000};
  Case reactor = open_case(polled);
  reactor.name = "M/M/1 load 0.7 by way of the reactor, fifo";
  reactor.model.delivery = sim::Delivery::reactor;
  reactor.questions = {
      {"mean sojourn", read_sojourn, [=](double s) { return sojourn_mean(queue_of(polled, s)); }}};
  cases.push_back(reactor);

  const OpenLoad regular{.scheduler = "fifo", .load = 0.7};
  Case fixed = open_case(regular);
  fixed.name = "D/M/1 load 0.7, fifo";
  fixed.model.arrivals.kind = sim::Arrivals::Kind::fixed;
  const auto mean = [=](double s) { return dm1_sojourn_mean(regular.load * s, kService_us * s); };
  fixed.questions = {
      {"mean sojourn", read_sojourn, mean},
      {"p99 sojourn", read_sojourn_p99, [=](double s) { return mean(s) * std::log(100); }}};
  cases.push_back(fixed);
  return cases;
}

}  // namespace etude::theory
