#include "experiments/simulator/build_model.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/failure.h"
#include "experiments/simulator/path_handler.h"
#include "experiments/simulator/simulate.h"

namespace etude::sim {
namespace {

using harness::PlacementKind;
using harness::PlannedTrial;

Nanos seconds(double s) { return std::llround(s * static_cast<double>(kSecond)); }

Handler path_handler(const std::string& path, const Costs& costs,
                     std::vector<std::string>& reasons) {
  const PathHandler found = handler_of_path(path, costs);
  const std::string reason =
      fmt::format("costs {} do not list {}: it costs what any request does", costs.name, path);
  if (!found.has_cost && std::find(reasons.begin(), reasons.end(), reason) == reasons.end()) {
    reasons.push_back(reason);
  }
  return found.handler;
}

void set_routes(const harness::Cell& cell, const SimulatedWork* work, BuiltModel& built) {
  Model& model = built.model;
  const auto handler = [&](const std::string& path) {
    return path_handler(path, model.costs, built.reasons);
  };
  if (work != nullptr && work->handler) {
    model.routes = {{.weight = 1, .handler = *work->handler}};
  } else if (cell.workload.mix.empty()) {
    model.routes = {{.weight = 1, .handler = handler(cell.workload.path)}};
  }
  if (model.routes.empty()) {
    for (const harness::MixedPath& part : cell.workload.mix) {
      model.routes.push_back({.weight = part.weight, .handler = handler(part.path)});
    }
  }
  if (model.routes.size() == 1) {
    model.long_from_ns = model.routes.front().handler.service.between_ns();
  }
  if (cell.workload.beside) {
    model.beside = {.handler = handler(cell.workload.beside->path),
                    .connections = cell.workload.beside->connections};
  }
}

void set_arrivals(const harness::Cell& cell, const SimulatedWork* work, Arrivals& arrivals) {
  if (cell.arrival == "closed") {
    arrivals.windowed = cell.mode == "window";
    if (cell.workload.think_ms) {
      arrivals.think = Lengths(Distribution{.mean_us = *cell.workload.think_ms * 1e3});
    }
    if (work != nullptr && work->think) arrivals.think = *work->think;
    return;
  }
  require(cell.rate_rps.has_value(), "an open loop has its rate before it is modelled");
  if (work != nullptr && work->arrivals) {
    arrivals = *work->arrivals;
    if (work->trace) {
      const Trace trace = at_rate(*work->trace, *cell.rate_rps);
      arrivals.trace = std::make_shared<const std::vector<Nanos>>(trace.times_ns);
      arrivals.trace_period_ns = trace.period_ns;
    }
  } else {
    arrivals.kind = cell.arrival == "fixed" ? Arrivals::Kind::fixed : Arrivals::Kind::poisson;
  }
  arrivals.rate_rps = *cell.rate_rps;
}

bool shares_cores(const harness::Cell& cell, const harness::Suite& suite) {
  return cell.placement.kind == PlacementKind::shared && !suite.client;
}

// Costs that say nothing of a client apart hold wherever it is.
Costs costs_for(const Costs& costs, const harness::Cell& cell, const harness::Suite& suite) {
  const double apart_ns = costs.apart_visit_ns + costs.apart_request_ns +
                          costs.apart_client_visit_ns + costs.apart_client_request_ns;
  return apart_ns > 0 ? with_client_apart(costs, share_apart(shares_cores(cell, suite), cell.cores))
                      : costs;
}

Assignment assignment_of(const std::string& acceptor) {
  if (acceptor == "one") return {.kind = Assignment::Kind::one};
  // One listener that all workers accept from, in no order of theirs: about the same number each.
  if (acceptor == "shared") return {.kind = Assignment::Kind::round_robin};
  return {.kind = Assignment::Kind::hash};
}

DriverModel driver_of(const harness::DriverChoice& choice) {
  return {.poll_every = choice.poll_every,
          .search_rounds = choice.search_rounds,
          .wake_policy = choice.wake_policy == "eager" ? WakePolicy::eager : WakePolicy::throttled,
          .io_claim = choice.io_claim == "on",
          .claim_after_ns = choice.claim_after_us * kMicrosecond};
}

// Cells of a block share their seed and so the randomness, which cancels where they are compared.
// The twin of an A/A pair has another: what then differs between the two is chance.
std::uint64_t seed_of(const PlannedTrial& planned, int attempt) {
  const std::uint64_t twin = planned.cell.label == "B" ? 1 : 0;
  return mix_seed(mix_seed(planned.seed) + 2 * static_cast<std::uint64_t>(attempt) + twin);
}

double mean_ns(const Lengths& lengths) {
  constexpr int kDraws = 256;  // for an estimate of time to come
  Rng rng(1);
  double sum_ns = 0;
  for (int i = 0; i < kDraws; ++i) sum_ns += static_cast<double>(lengths.draw_ns(rng));
  return sum_ns / kDraws;
}

double cpu_ns(const Handler& handler) {
  return mean_ns(handler.service) + handler.extra_ns +
         handler.forks * mean_ns(handler.fork_service);
}

double handler_ns(const Handler& handler) {
  return cpu_ns(handler) + mean_ns(handler.block) + mean_ns(handler.sleep);
}

}  // namespace

BuiltModel build_model(const SimulatedSuite& suite, const PlannedTrial& planned, int attempt,
                       const SchedulerMaker& make_scheduler) {
  const harness::Cell& cell = planned.cell;
  const ModelOptions& options = suite.models.at(cell.model);
  const auto found = suite.work.find(cell.workload.name);
  const SimulatedWork* work = found == suite.work.end() ? nullptr : &found->second;
  BuiltModel built;
  Model& model = built.model;
  if (!options.costs_note.empty()) built.reasons.push_back(options.costs_note);
  model.make_scheduler = [make_scheduler, name = cell.scheduler.name](const SchedulerConfig& c) {
    return make_scheduler(name, c);
  };
  model.scheduler_settings = cell.scheduler.params;
  model.cores = cell.cores;
  model.threads_per_core = cell.threads_per_core;
  model.numa_nodes = options.numa_nodes;
  model.driver = driver_of(cell.driver);
  model.delivery = options.delivery;
  model.assignment = options.assignment.value_or(assignment_of(cell.acceptor));
  model.connections = cell.connections;
  model.pipeline = cell.pipeline;
  model.costs = costs_for(options.costs, cell, suite.suite);
  set_routes(cell, work, built);
  set_arrivals(cell, work, model.arrivals);
  if (!options.ideal_client) {
    model.client = {.threads = suite.suite.load_threads,
                    .shares_cores = shares_cores(cell, suite.suite)};
  }
  if (model.costs.slice_ns == 0 && (model.threads_per_core > 1 || model.client.shares_cores)) {
    built.reasons.emplace_back(
        "the costs have no slice_ns: threads that share a core keep it until they block");
  }
  model.warmup_ns = seconds(suite.suite.warmup_s);
  model.duration_ns = seconds(suite.suite.duration_s);
  model.requests_max = options.requests_max;
  model.seed = seed_of(planned, attempt);
  return built;
}

bool takes_no_time(const Model& model) {
  const Costs& costs = model.costs;
  // What each turn of the loop pays; a poll is not among it, since whoever is woken needs none.
  double each_ns = costs.visit_ns + costs.request_ns + costs.switch_ns;
  if (model.delivery == Delivery::reactor) each_ns += costs.event_ns;
  if (model.client.threads > 0) each_ns += costs.client_visit_ns + costs.client_request_ns;
  each_ns = each_ns * costs.frequency_factor + std::round(costs.network_ns);
  constexpr double kLeast_ns = 1e-3;  // a thousand requests in each moment are still got through
  if (each_ns >= kLeast_ns) return false;
  if (model.beside.connections > 0 && handler_ns(model.beside.handler) == 0) return true;
  if (model.arrivals.kind != Arrivals::Kind::closed || mean_ns(model.arrivals.think) > 0) {
    return false;
  }
  return std::all_of(model.routes.begin(), model.routes.end(),
                     [](const Route& route) { return handler_ns(route.handler) == 0; });
}

double drawn_service_ns(const Model& model) {
  double weights = 0;
  double sum_ns = 0;
  for (const Route& route : model.routes) {
    const Handler& handler = route.handler;
    weights += route.weight;
    sum_ns += route.weight * (handler.service.drawn_mean_ns() +
                              handler.forks * handler.fork_service.drawn_mean_ns());
  }
  return sum_ns / weights;
}

double offered_load(const Model& model) {
  if (model.arrivals.kind == Arrivals::Kind::closed) return 0;
  return model.arrivals.rate_rps * drawn_service_ns(model) / 1e9 / model.cores;
}

double expected_requests(const Model& model) {
  double request_ns = model.costs.request_ns + model.costs.visit_ns;
  double weights = 0;
  double handlers_ns = 0;
  for (const Route& route : model.routes) {
    weights += route.weight;
    handlers_ns += route.weight * cpu_ns(route.handler);
  }
  request_ns = std::max(1.0, request_ns + handlers_ns / weights);
  double rate_rps = model.cores * 1e9 / request_ns;
  if (model.arrivals.kind != Arrivals::Kind::closed) {
    rate_rps = std::min(rate_rps, model.arrivals.rate_rps);
  } else if (!model.arrivals.think.is_zero()) {
    rate_rps = std::min(rate_rps, model.connections * 1e9 / mean_ns(model.arrivals.think));
  }
  const double measured = rate_rps * static_cast<double>(model.duration_ns) / 1e9;
  const double limit = model.requests_max == 0 ? measured : static_cast<double>(model.requests_max);
  return rate_rps * static_cast<double>(model.warmup_ns) / 1e9 + std::min(measured, limit);
}

ExpectedSize expected_size(const Model& model) {
  constexpr double kConnection_bytes = 300;  // with all that belongs to it
  constexpr double kArrival_bytes = 16;      // in a ring that is half full at the least
  constexpr double kTrial_bytes = 2e6;       // histograms, records
  ExpectedSize size{.requests = expected_requests(model),
                    .bytes = kTrial_bytes + kConnection_bytes * model.connections};
  const double load = offered_load(model);
  if (load <= 1) return size;
  const double past_s = static_cast<double>(model.warmup_ns + model.duration_ns) / 1e9;
  const double arrivals = model.arrivals.rate_rps * past_s;
  const double unserved = 1 - 1 / load;  // share of the arrivals
  const double backlog = std::min(arrivals * unserved, static_cast<double>(kBacklogMax));
  size.requests = std::min(size.requests / (1 - unserved), backlog / unserved);
  size.bytes += kArrival_bytes * backlog;
  return size;
}

}  // namespace etude::sim
