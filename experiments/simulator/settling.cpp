#include "experiments/simulator/settling.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "experiments/simulator/build_model.h"

namespace etude::sim {
namespace {

constexpr double kRelaxations = 10;  // that the measured time is to hold
constexpr double kRateMissMax = 0.01;

double drawn_square_ns2(const Model& model) {
  double weights = 0;
  double sum = 0;
  for (const Route& route : model.routes) {
    const Handler& handler = route.handler;
    weights += route.weight;
    const double forked_ns = handler.forks * handler.fork_service.drawn_mean_ns();
    const double own_ns = handler.service.drawn_mean_ns();
    sum +=
        route.weight * (handler.service.drawn_square_ns2() + forked_ns * (2 * own_ns + forked_ns));
  }
  return sum / weights;
}

std::string time_text(double ns) {
  if (ns < 1e6) return fmt::format("{:.3g} us", ns / 1e3);
  return ns < 1e9 ? fmt::format("{:.3g} ms", ns / 1e6) : fmt::format("{:.3g} s", ns / 1e9);
}

}  // namespace

double relaxation_ns(const Model& model, bool together) {
  const double load = offered_load(model);
  const double service_ns = drawn_service_ns(model);
  if (load == 0 || service_ns == 0) return 0;
  const double servers = together ? model.cores : 1;
  const double left = std::max(1e-9, 1 - load);
  return 2 * load * drawn_square_ns2(model) / service_ns / servers / (left * left);
}

Settling judge_settling(const Model& model, bool together, double measured_ns, double answers) {
  Settling found;
  if (model.arrivals.kind == Arrivals::Kind::closed) return found;
  const double load = offered_load(model);
  const double asked = model.arrivals.rate_rps * measured_ns / 1e9;
  const bool even = model.arrivals.kind == Arrivals::Kind::fixed ||
                    model.arrivals.kind == Arrivals::Kind::poisson;
  const double noise = 3 / std::sqrt(answers + 1);
  const bool behind = even && answers < asked * (1 - std::max(kRateMissMax, noise));
  if (load >= 1 || behind) {
    found.status = "overloaded";
    found.reasons.push_back(fmt::format(
        "{:.4g} requests/s ask for {:.4g} of the cores before costs, and {:.4g} were answered: "
        "queues grow as long as it runs",
        model.arrivals.rate_rps, load, answers * 1e9 / measured_ns));
    return found;
  }
  const double relaxation = relaxation_ns(model, together);
  const auto warmup_ns = static_cast<double>(model.warmup_ns);
  if (warmup_ns < relaxation) {
    found.reasons.push_back(fmt::format("the warm-up of {} is shorter than the relaxation time, {}",
                                        time_text(warmup_ns), time_text(relaxation)));
  }
  if (measured_ns < kRelaxations * relaxation) {
    found.reasons.push_back(fmt::format("{} were measured, less than {:g} relaxation times of {}",
                                        time_text(measured_ns), kRelaxations,
                                        time_text(relaxation)));
  }
  if (!found.reasons.empty()) found.status = "nonstationary";
  return found;
}

}  // namespace etude::sim
