// A request that gives way again and again shares its worker: the mean sojourn is then the same for
// every distribution of the same mean, S / (1 - load), where in order of arrival it would differ
// several fold. Slices of a finite length shorten the mean of fixed service by about 1.5 slices
// (0.15 us at slices of 0.1 us, measured with four times the requests), that of the bimodal one by
// less, and leave that of exponential service as it is. So slices are short: what they change is a
// fifth of the interval or less.

#include "experiments/simulator/closed_forms.h"
#include "tests/simulator/theory_case.h"

namespace etude::theory {
namespace {

constexpr double kLoad = 0.4;
constexpr double kService_us = 10;

Case sliced(std::string name, const OpenLoad& load, Nanos slice_ns) {
  Case one = open_case(load);
  one.name = std::move(name);
  one.model.routes[0].handler.slice_ns = slice_ns;
  return one;
}

Case shared_by_one(std::string name, const std::string& service, Nanos slice_ns,
                   std::uint64_t requests) {
  const OpenLoad load{.scheduler = "fifo",
                      .load = kLoad,
                      .service = service,
                      .service_us = kService_us,
                      .requests = requests};
  Case one = sliced(std::move(name), load, slice_ns);
  one.questions = {{"mean sojourn", read_sojourn,
                    [](double s) { return sharing_sojourn_mean(kLoad * s, kService_us * s); }}};
  return one;
}

}  // namespace

std::vector<Case> slice_cases() {
  std::vector<Case> cases;
  cases.push_back(shared_by_one("sharing, fixed service, fifo", "fixed:10", 20, 6'000));
  cases.push_back(shared_by_one("sharing, exponential service, fifo", "exp:10", 100, 15'000));
  cases.push_back(shared_by_one("sharing, bimodal service, fifo", "bimodal:5,55,0.1", 50, 15'000));

  // Four workers that share all requests serve as many at once as there are, and are as
  // insensitive: the mean is M/M/4's.
  constexpr double kHigher = 0.6;
  const OpenLoad load{.scheduler = "shared-queue",
                      .cores = 4,
                      .load = kHigher,
                      .service = "bimodal:5,55,0.1",
                      .service_us = kService_us,
                      .requests = 10'000};
  Case four = sliced("sharing by 4 workers, bimodal service, shared-queue", load, 50);
  four.questions = {{"mean sojourn", read_sojourn, [](double s) {
                       return sojourn_mean(
                           {.servers = 4, .load = kHigher * s, .service = kService_us * s});
                     }}};
  cases.push_back(four);
  return cases;
}

}  // namespace etude::theory
