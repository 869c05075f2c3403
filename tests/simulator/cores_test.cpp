// Goal: threads of one core take turns, and share its time. Method: models with two threads per
// core, and with a client on the server's cores.

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/simulator/models.h"

namespace etude::sim {
namespace {

Model threaded(std::uint32_t cores, std::uint32_t threads_per_core) {
  Model model = closed_loop("fifo", cores, 32 * cores * threads_per_core);
  model.threads_per_core = threads_per_core;
  model.assignment.kind = Assignment::Kind::round_robin;
  model.duration_ns = 200 * kMillisecond;
  return model;
}

TEST(Cores, AreSharedEvenlyByTheirThreads) {
  Model model = threaded(2, 2);
  model.costs.slice_ns = kMillisecond;
  const auto outcome = simulate(model);
  ASSERT_EQ(outcome->workers.size(), 4U);
  EXPECT_NEAR(load::throughput_rps(outcome->load), 2e5, 0.02 * 2e5) << "two cores' worth";
  for (const WorkerOutcome& worker : outcome->workers) {
    EXPECT_NEAR(static_cast<double>(worker.busy_ns), 100 * kMillisecond, 2 * kMillisecond);
  }
}

// Nobody gives way: the second thread gets its turn when the first one has nothing left to do.
TEST(Cores, AreKeptUntilTheThreadBlocksWithoutSlices) {
  const auto outcome = simulate(threaded(1, 2));
  const Nanos one_ns = outcome->workers[0].busy_ns;
  const Nanos other_ns = outcome->workers[1].busy_ns;
  EXPECT_EQ(std::min(one_ns, other_ns), 0);
  EXPECT_EQ(std::max(one_ns, other_ns), 200 * kMillisecond);
}

TEST(Cores, LoseTimeToEachSwitch) {
  Model model = threaded(1, 2);
  model.costs.slice_ns = kMillisecond;
  model.costs.thread_switch_ns = 250'000;
  EXPECT_NEAR(load::throughput_rps(simulate(model)->load), 1e5 / 1.25, 0.03 * 1e5);
}

TEST(Cores, CarryTheClientAsWell) {
  Model model = closed_loop("fifo", 2, 64);
  model.duration_ns = 200 * kMillisecond;
  model.routes[0].handler.service = fixed_ns(10'000);
  model.costs.client_visit_ns = 10'000;
  model.costs.slice_ns = kMillisecond;
  model.client.threads = 2;
  // Of its own cores it needs as much time as the server has: both are always busy.
  const auto apart = simulate(model);
  EXPECT_NEAR(load::throughput_rps(apart->load), 2e5, 0.06 * 2e5);
  EXPECT_GT(apart->load.busiest_thread, 0.9);
  // On the server's, they have half of it each.
  model.client.shares_cores = true;
  const auto shared = simulate(model);
  EXPECT_NEAR(load::throughput_rps(shared->load), 1e5, 0.03 * 1e5);
  EXPECT_NEAR(shared->load.busiest_thread, 0.5, 0.1);
  EXPECT_NEAR(static_cast<double>(total_busy_ns(*shared) + shared->load.cpu_user_ns),
              2.0 * 200 * kMillisecond, 1.0 * kMillisecond)
      << "no core is idle, and none does two things at once";
}

// A core that goes idle leaves a warm thread where it waits: the client then stays with one worker.
TEST(Cores, PullOnlyWhatHasWaitedLong) {
  Model model = closed_loop("fifo", 2, 64);
  model.duration_ns = 200 * kMillisecond;
  model.routes[0].handler.service = fixed_ns(10'000);
  model.costs.client_visit_ns = 10'000;
  model.costs.slice_ns = 50'000;
  model.assignment.kind = Assignment::Kind::round_robin;
  model.client = {.threads = 1, .shares_cores = true};
  const double pulled_rps = load::throughput_rps(simulate(model)->load);
  model.costs.pull_after_ns = 500'000;
  // One core has all the client's work and half of the server's: 15 us a request.
  EXPECT_NEAR(load::throughput_rps(simulate(model)->load), 1e9 / 15'000, 0.05 * 1e9 / 15'000);
  EXPECT_GT(pulled_rps, 1.1 * 1e9 / 15'000);
}

TEST(Cores, GiveTheSameOutcomeAgain) {
  for (const SchedulerEntry& entry : all_schedulers()) {
    Model model = closed_loop(entry.name, 3, 100);
    model.threads_per_core = 2;
    model.client = {.threads = 3, .shares_cores = true};
    model.costs = some_costs();
    model.pipeline = 16;
    const auto outcome = simulate(model);
    EXPECT_GT(outcome->load.tally.requests, 100U) << entry.name;
    EXPECT_LT(load::little_error(outcome->load), 0.05) << entry.name;
    EXPECT_EQ(everything(*outcome), everything(*simulate(model))) << entry.name;
  }
}

}  // namespace
}  // namespace etude::sim
