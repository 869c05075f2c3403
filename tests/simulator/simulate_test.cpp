// Goal: what a simulation says holds together, whoever schedules: it is the same when it is run
// again, requests are conserved, Little's law holds, and what the counters say adds up.

#include "experiments/simulator/simulate.h"

#include <gtest/gtest.h>

#include "tests/simulator/models.h"

namespace etude::sim {
namespace {

TEST(Simulate, GivesTheSameOutcomeAgainToTheLastBit) {
  for (const SchedulerEntry& entry : all_schedulers()) {
    Model model = closed_loop(entry.name, 4, 64);
    model.costs = some_costs();
    model.pipeline = 4;
    const std::string once = everything(*simulate(model));
    EXPECT_EQ(once, everything(*simulate(model))) << entry.name;
    model.seed = 2;
    EXPECT_NE(once, everything(*simulate(model))) << entry.name;
  }
}

TEST(Simulate, HoldsForEveryScheduler) {
  for (const SchedulerEntry& entry : all_schedulers()) {
    for (const std::uint32_t cores : {1U, 2U, 3U, 8U, 64U}) {
      for (const bool costs : {false, true}) {
        SCOPED_TRACE(std::string(entry.name) + " on " + std::to_string(cores) +
                     (costs ? " with costs" : ""));
        Model model = closed_loop(entry.name, cores, 16 * cores);
        model.duration_ns = 20 * kMillisecond;
        if (costs) model.costs = some_costs();
        const auto outcome = simulate(model);
        const load::Tally& tally = outcome->load.tally;
        ASSERT_GT(tally.requests, 100U);
        EXPECT_NEAR(load::inflight_mean(outcome->load), 16 * cores, 0.05 * 16 * cores);
        EXPECT_LT(load::little_error(outcome->load), 0.05);
        EXPECT_EQ(load::error_count(tally), 0U);
        ASSERT_EQ(outcome->workers.size(), cores);
        // Everything a worker carried had been given to it.
        const std::uint64_t given =
            total(*outcome, "local_takes") + total(*outcome, "steal_successes");
        EXPECT_NEAR(static_cast<double>(total(*outcome, "switches")), static_cast<double>(given),
                    cores);
        for (const WorkerOutcome& worker : outcome->workers) {
          EXPECT_LE(worker.busy_ns, model.duration_ns);
        }
      }
    }
  }
}

// With more connections than cores nobody is ever without work: the rate is that of the cores.
TEST(Simulate, KeepsAllCoresBusyWhenThereIsEnoughToDo) {
  Model model = closed_loop("shared-queue", 4, 64);
  model.delivery = Delivery::direct;
  const auto outcome = simulate(model);
  EXPECT_NEAR(load::throughput_rps(outcome->load), 4e5, 0.03 * 4e5);
  EXPECT_EQ(total_busy_ns(*outcome), 4 * 50 * kMillisecond);
}

TEST(Simulate, ConservesWorkUnderASharedQueueWithoutCosts) {
  for (const double load : {0.3, 0.7, 0.95}) {
    const auto outcome = simulate(open_loop("shared-queue", 8, load));
    EXPECT_EQ(outcome->idle_while_waiting_ns, 0) << load;
    EXPECT_GT(outcome->queue_depth_max, 0U) << load;
  }
}

// Private queues do not: tasks wait at one worker while others sleep, but that is their rule, and
// no worker sleeps beside its own task.
TEST(Simulate, CountsOnlyTasksThatTheIdleMayTake) {
  EXPECT_EQ(simulate(open_loop("fifo", 8, 0.7))->idle_while_waiting_ns, 0);
  Model slow = open_loop("fifo", 8, 0.3);
  slow.costs.wake_latency_ns = 5'000;
  EXPECT_GT(simulate(slow)->idle_while_waiting_ns, 0) << "while they wake up";
}

TEST(Simulate, AnswersEachRequestOfAnOpenLoop) {
  for (const SchedulerEntry& entry : all_schedulers()) {
    const auto outcome = simulate(open_loop(entry.name, 2, 0.6));
    const load::Tally& tally = outcome->load.tally;
    EXPECT_EQ(load::error_count(tally), 0U) << entry.name;
    EXPECT_NEAR(load::throughput_rps(outcome->load), 1.2e5, 0.05 * 1.2e5) << entry.name;
    EXPECT_NEAR(static_cast<double>(tally.lat_intended.count()),
                static_cast<double>(tally.requests), 100)
        << entry.name;
    EXPECT_EQ(tally.population_wait.count(), 0U) << entry.name;
  }
}

TEST(Simulate, PutsWhatFindsNoConnectionIntoTheLatency) {
  Model model = open_loop("fifo", 1, 0.9);
  model.connections = 1;
  const auto outcome = simulate(model);
  EXPECT_GT(outcome->load.tally.population_wait.max_ns(), 0);
  EXPECT_EQ(outcome->load.tally.send_lag.max_ns(), 0) << "a simulated client is never late";
  EXPECT_GT(outcome->load.tally.lat_intended.mean_ns(), outcome->load.tally.lat_req.mean_ns());
}

TEST(Simulate, EndsEarlyOnceEnoughWasAnswered) {
  Model model = closed_loop("fifo", 2, 8);
  model.requests_max = 500;
  const auto outcome = simulate(model);
  EXPECT_EQ(outcome->load.tally.requests, 500U);
  EXPECT_LT(outcome->load.options.duration_ns, model.duration_ns);
  EXPECT_NEAR(load::throughput_rps(outcome->load), 2e5, 0.2 * 2e5);
  EXPECT_NEAR(load::inflight_mean(outcome->load), 8, 0.01);
}

TEST(Simulate, CountsNoTimeBehindAnEndThatComesEarly) {
  Model model = closed_loop("fifo", 2, 8);
  model.assignment.kind = Assignment::Kind::round_robin;
  model.routes[0].handler.service = exponential_ns(2e6);
  model.requests_max = 20;
  model.client.threads = 1;
  model.costs.client_request_ns = 1e6;
  const auto outcome = simulate(model);
  ASSERT_LT(outcome->load.options.duration_ns, model.duration_ns);
  for (const WorkerOutcome& worker : outcome->workers) {
    EXPECT_LE(worker.busy_ns, outcome->load.options.duration_ns);
  }
  EXPECT_LE(outcome->load.busiest_thread, 1);
}

TEST(Simulate, AsksForAWindowOrForABatch) {
  Model model = closed_loop("fifo", 1, 1);
  model.pipeline = 8;
  model.routes[0].handler.service = fixed_ns(1'000);
  model.costs.visit_ns = 8'000;
  const auto batch = simulate(model);
  // One visit per batch of 8: 16 us for all of them, answered together.
  EXPECT_EQ(batch->load.tally.lat_req.max_ns(), 16'000);
  EXPECT_EQ(batch->load.tally.lat_batch.count() * 8, batch->load.tally.requests);
  EXPECT_NEAR(load::inflight_mean(batch->load), 8, 0.01);
  model.pipeline = 128;  // answered in two turns; the next batch waits for both
  const auto halves = simulate(model);
  EXPECT_NEAR(static_cast<double>(halves->load.tally.lat_batch.count() * 128),
              static_cast<double>(halves->load.tally.requests), 128);
  model.pipeline = 8;
  model.arrivals.windowed = true;
  const auto window = simulate(model);
  EXPECT_EQ(load::to_json(window->load).find("\"lat_batch_ns\": {"), std::string::npos);
  EXPECT_NEAR(load::inflight_mean(window->load), 8, 0.01);
}

TEST(Simulate, LetsConnectionsThink) {
  Model model = closed_loop("fifo", 1, 10);
  model.arrivals.think = fixed_ns(990'000);
  model.routes[0].handler.service = fixed_ns(10'000);
  model.duration_ns = 200 * kMillisecond;
  const auto outcome = simulate(model);
  EXPECT_NEAR(load::throughput_rps(outcome->load), 10e3, 0.03 * 10e3);
}

TEST(Simulate, DealsRequestsOutToRoutesByWeight) {
  Model model = closed_loop("work-stealing", 2, 16);
  model.routes = {{.weight = 3, .handler = {.service = fixed_ns(1'000)}},
                  {.weight = 1, .handler = {.service = fixed_ns(50'000)}}};
  const auto outcome = simulate(model);
  const auto& routes = outcome->load.tally.routes;
  ASSERT_EQ(routes.size(), 2U);
  const auto first = static_cast<double>(routes[0].lat_req.count());
  const auto second = static_cast<double>(routes[1].lat_req.count());
  EXPECT_NEAR(first / (first + second), 0.75, 0.03);
  EXPECT_GE(routes[1].lat_req.quantile_ns(0), 50'000);
}

TEST(Simulate, CountsConnectionsBesideTheLoadApart) {
  Model model = closed_loop("work-stealing", 2, 4);
  model.beside = {.handler = {.service = fixed_ns(100'000)}, .connections = 2};
  const auto outcome = simulate(model);
  EXPECT_GT(outcome->load.beside.requests, 100U);
  EXPECT_GE(outcome->load.beside.lat_req.quantile_ns(0), 100'000);
  EXPECT_EQ(outcome->load.requests_per_connection.size(), 4U);
}

TEST(Simulate, IsAbandonedWhenItsListenerSaysSo) {
  Model model = closed_loop("fifo", 8, 64);
  model.duration_ns = 100 * kSecond;
  int calls = 0;
  const auto outcome = simulate(model, [&calls](double share) {
    EXPECT_LE(share, 1);
    return ++calls < 3;
  });
  EXPECT_EQ(calls, 3);
  EXPECT_FALSE(outcome->load.failure.empty());
}

}  // namespace
}  // namespace etude::sim
