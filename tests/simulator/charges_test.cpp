// Goal: each operation costs what Costs says, once. Method: models in which one cost alone is not 0
// and its number can be told from the counters, or from the time a request takes.

#include <gtest/gtest.h>

#include "tests/simulator/models.h"

namespace etude::sim {
namespace {

Nanos busy_ns(const Outcome& outcome) { return total_busy_ns(outcome); }

// Sets one cost to 100 ns, in a run where nothing else takes a worker's time, and compares the time
// spent with the counter.
void expect_charged(double Costs::*cost, StatName counter, Model model) {
  model.costs.*cost = 100;
  const auto outcome = simulate(model);
  const std::uint64_t times = total(*outcome, counter);
  ASSERT_GT(times, 100U);
  EXPECT_NEAR(static_cast<double>(busy_ns(*outcome)), static_cast<double>(times) * 100,
              static_cast<double>(times) * 2 + 1'000);
}

// Sleeps take time and cost nothing.
Model sleepers(std::string_view scheduler, std::uint32_t cores) {
  Model model = closed_loop(scheduler, cores, 20 * cores);
  model.routes[0].handler.service = {};
  model.routes[0].handler.sleep = exponential_ns(200'000);
  return model;
}

TEST(Charges, FollowTheCounters) {
  expect_charged(&Costs::local_submit_ns, "local_submits", sleepers("work-stealing", 4));
  expect_charged(&Costs::local_take_ns, "local_takes", sleepers("fifo", 4));
  expect_charged(&Costs::steal_attempt_ns, "steal_attempts", sleepers("work-stealing", 4));
  expect_charged(&Costs::switch_ns, "switches", sleepers("hybrid", 2));
  expect_charged(&Costs::event_ns, "io_events", sleepers("fifo", 2));
  expect_charged(&Costs::park_ns, "parks", sleepers("fifo", 2));

  Model skewed = sleepers("work-stealing", 4);
  skewed.assignment.kind = Assignment::Kind::one;
  skewed.routes[0].handler.service = {};
  skewed.connections = 400;
  expect_charged(&Costs::wake_ns, "wakes_sent", skewed);
}

TEST(Charges, VisitsAndRequestsMakeUpAServiceTime) {
  Model model = closed_loop("fifo", 1, 1);
  model.pipeline = 4;
  model.routes[0].handler.service = {};
  model.routes[0].handler.extra_ns = 100;
  model.costs.visit_ns = 2'000;
  model.costs.request_ns = 150;
  model.costs.frequency_factor = 2;
  model.costs.network_ns = 500;
  const auto outcome = simulate(model);
  EXPECT_EQ(outcome->load.tally.lat_req.max_ns(), 2 * (2'000 + 4 * 250) + 2 * 500);
}

TEST(Charges, GrowthMakesVisitsDearerWithConnections) {
  Model model = closed_loop("fifo", 1, 1);
  model.routes[0].handler.service = {};
  model.costs.visit_ns = 1'000;
  model.costs.visit_growth = {{.connections = 1, .factor = 1}, {.connections = 100, .factor = 3}};
  EXPECT_EQ(simulate(model)->load.tally.lat_req.max_ns(), 1'000);
  model.connections = 100;
  EXPECT_NEAR(load::throughput_rps(simulate(model)->load), 1e9 / 3'000, 1e9 / 3'000 * 0.01);
}

// Fractions of a nanosecond are not lost.
TEST(Charges, AddUpFractions) {
  Model model = closed_loop("fifo", 1, 1);
  model.routes[0].handler.service = {};
  model.costs.request_ns = 100.25;
  EXPECT_NEAR(load::throughput_rps(simulate(model)->load), 1e9 / 100.25, 1e9 / 100.25 * 1e-4);
}

// Each request takes the central queue's lock twice: to be put in, and to be taken out.
TEST(Charges, ALockBoundsTheThroughput) {
  Model model = closed_loop("shared-queue", 64, 512);
  model.routes[0].handler.service = fixed_ns(1'000);
  model.costs.lock_ns = 100;
  EXPECT_NEAR(load::throughput_rps(simulate(model)->load), 1e9 / 200, 1e9 / 200 * 0.02);
  model.make_scheduler = maker("fifo");
  EXPECT_GT(load::throughput_rps(simulate(model)->load), 3e7) << "no queue of nobody's";
}

TEST(Charges, AMigrationFindsNothingInTheCache) {
  Model model = closed_loop("work-stealing", 2, 64);
  model.assignment.kind = Assignment::Kind::one;
  model.routes[0].handler.service = fixed_ns(5'000);
  const double free = load::throughput_rps(simulate(model)->load);
  model.costs.working_set_bytes = 64 * 100;
  model.costs.line_refill_ns = 100;
  model.costs.cache_bytes = 1e9;
  const auto all = simulate(model);
  EXPECT_GT(total(*all, "migrations"), 100U);
  const auto expected_ns = static_cast<double>(total(*all, "switches")) * 5'000 +
                           static_cast<double>(total(*all, "migrations")) * 10'000;
  EXPECT_NEAR(static_cast<double>(busy_ns(*all)), expected_ns, 0.01 * expected_ns);
  EXPECT_LT(load::throughput_rps(all->load), free);
  // With a cache that holds half of the 32 working sets of a core, half of that would have been
  // there.
  model.costs.cache_bytes = 16 * 6'400;
  const auto half = simulate(model);
  const auto expected_half_ns = static_cast<double>(total(*half, "switches")) * 5'000 +
                                static_cast<double>(total(*half, "migrations")) * 5'000;
  EXPECT_NEAR(static_cast<double>(busy_ns(*half)), expected_half_ns, 0.01 * expected_half_ns);
}

TEST(Charges, TheOtherNodeIsFurther) {
  Model model = closed_loop("work-stealing", 2, 64);
  model.assignment.kind = Assignment::Kind::one;
  model.routes[0].handler.service = fixed_ns(5'000);
  model.costs.steal_success_ns = 1'000;
  model.costs.remote_node_factor = 3;
  const auto near = simulate(model);
  model.numa_nodes = 2;
  const auto far = simulate(model);
  const auto of = [](const Outcome& outcome) {
    const auto work = static_cast<double>(total(outcome, "switches")) * 5'000;
    return (static_cast<double>(busy_ns(outcome)) - work) /
           static_cast<double>(total(outcome, "steal_successes"));
  };
  EXPECT_NEAR(of(*near), 1'000, 100);
  EXPECT_NEAR(of(*far), 3'000, 300);
}

TEST(Charges, ASleeperTakesTimeToWake) {
  Model model = closed_loop("fifo", 1, 1);
  model.arrivals.think = exponential_ns(100'000);
  model.routes[0].handler.service = fixed_ns(1'000);
  model.costs.wake_latency_ns = 4'000;
  EXPECT_EQ(simulate(model)->load.tally.lat_req.quantile_ns(0.5), 5'000);
}

}  // namespace
}  // namespace etude::sim
