// How fast the simulator simulates: items are events taken from its queue. Of a request there are
// three: it reaches the server, its service ends, and its answer reaches the client; what parks and
// wakes comes on top. All without costs, so that no event is there for a cost's sake.

#include <benchmark/benchmark.h>

#include <string>
#include <string_view>

#include "core/random.h"
#include "experiments/microbench/benchmarks.h"
#include "experiments/simulator/event_queue.h"
#include "experiments/simulator/simulate.h"
#include "schedulers/registry.h"

namespace etude::bench {
namespace {

sim::Model model_of(const SchedulerEntry& entry, std::uint32_t cores) {
  sim::Model model;
  model.make_scheduler = [entry](const SchedulerConfig& config) { return entry.make(config); };
  model.cores = cores;
  const Distribution service{.kind = Distribution::Kind::exponential, .mean_us = 10};
  model.routes.push_back({.weight = 1, .handler = {.service = sim::Lengths(service)}});
  model.duration_ns = 100 * kSecond;
  model.requests_max = 300'000;
  return model;
}

void run(benchmark::State& state, const sim::Model& model) {
  std::uint64_t events = 0;
  std::uint64_t requests = 0;
  for (auto _ : state) {
    const auto outcome = sim::simulate(model);
    events += outcome->events;
    requests += outcome->load.tally.requests;
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(events));
  state.counters["requests"] =
      benchmark::Counter(static_cast<double>(requests), benchmark::Counter::kIsRate);
}

// Sixteen connections per core ask again as soon as they are answered.
void closed_loop(benchmark::State& state, const SchedulerEntry& entry) {
  sim::Model model = model_of(entry, static_cast<std::uint32_t>(state.range(0)));
  model.connections = 16 * model.cores;
  run(state, model);
}

// Poisson arrivals at 90 % of what the cores can do, straight into the queues.
void open_loop(benchmark::State& state, const SchedulerEntry& entry) {
  sim::Model model = model_of(entry, static_cast<std::uint32_t>(state.range(0)));
  model.connections = 1'024 * model.cores;
  model.arrivals.kind = sim::Arrivals::Kind::poisson;
  model.arrivals.rate_rps = 0.9 * model.cores * 1e5;
  model.delivery = sim::Delivery::direct;
  run(state, model);
}

// The queue alone: the next event is taken, and one is added for a time that is drawn.
void event_queue(benchmark::State& state) {
  sim::EventQueue queue;
  Rng rng(1);
  const auto later_ns = [&rng] { return static_cast<Nanos>(rng.exponential(10'000)) + 1; };
  for (std::int64_t i = 0; i < state.range(0); ++i) {
    queue.add(later_ns(), 0, static_cast<std::uint32_t>(i));
  }
  for (auto _ : state) {
    const sim::Event event = queue.take();
    queue.add(event.time_ns + later_ns(), 0, event.id);
  }
  state.SetItemsProcessed(state.iterations());
}

}  // namespace

void add_simulator_benchmarks() {
  benchmark::RegisterBenchmark("simulator/event_queue", event_queue)
      ->Arg(8)
      ->Arg(256)
      ->Arg(65'536)
      ->Arg(1'048'576);
  for (const SchedulerEntry& entry : all_schedulers()) {
    const std::string name = "simulator/" + std::string(entry.name);
    benchmark::RegisterBenchmark((name + "/closed/cores").c_str(), closed_loop, entry)
        ->Arg(8)
        ->Arg(256);
    benchmark::RegisterBenchmark((name + "/open/cores").c_str(), open_loop, entry)
        ->Arg(8)
        ->Arg(256);
  }
}

}  // namespace etude::bench
