// Goal: a request does what its handler says, for as long as it says, and holds what it says.

#include <gtest/gtest.h>

#include "tests/simulator/models.h"

namespace etude::sim {
namespace {

Model one_at_a_time(const Handler& handler, std::uint32_t cores = 1,
                    std::string_view scheduler = "work-stealing") {
  Model model = closed_loop(scheduler, cores, 1);
  model.routes = {{.weight = 1, .handler = handler}};
  return model;
}

TEST(Handlers, JoinTheirForks) {
  Handler handler;
  handler.service = fixed_ns(2'000);
  handler.forks = 4;
  handler.fork_service = fixed_ns(8'000);
  // All on one core: one after the other. On four: side by side, the parent's core taking one.
  EXPECT_EQ(simulate(one_at_a_time(handler))->load.tally.lat_req.max_ns(), 34'000);
  const auto wide = simulate(one_at_a_time(handler, 4));
  EXPECT_EQ(wide->load.tally.lat_req.max_ns(), 10'000);
  const auto narrow = simulate(one_at_a_time(handler, 2));
  EXPECT_EQ(narrow->load.tally.lat_req.max_ns(), 18'000);
  // From afar, so that no request stands behind children that nobody awaited.
  Model far = one_at_a_time(handler);
  far.costs.network_ns = 100'000;
  EXPECT_EQ(simulate(far)->load.tally.lat_req.max_ns(), 234'000);
}

TEST(Handlers, SleepWithoutKeepingTheWorker) {
  Handler handler;
  handler.sleep = fixed_ns(100'000);
  Model model = one_at_a_time(handler);
  model.connections = 50;
  const auto outcome = simulate(model);
  EXPECT_EQ(outcome->load.tally.lat_req.quantile_ns(0.5), 100'000);
  EXPECT_EQ(total_busy_ns(*outcome), 0);
  EXPECT_GT(total(*outcome, "timer_fires"), 20'000U);
}

TEST(Handlers, BlockTheWorkerAndNoCore) {
  Handler handler;
  handler.block = fixed_ns(100'000);
  Model model = one_at_a_time(handler);
  model.connections = 2;
  const auto outcome = simulate(model);
  EXPECT_EQ(outcome->load.tally.lat_req.quantile_ns(0.5), 200'000) << "the one waits for the other";
  EXPECT_EQ(total_busy_ns(*outcome), 0);
}

TEST(Handlers, LeaveTheCoreToAnotherThreadWhileTheyBlock) {
  Handler handler;
  handler.service = fixed_ns(50'000);
  handler.block = fixed_ns(50'000);
  Model model = one_at_a_time(handler);
  model.connections = 16;
  model.assignment.kind = Assignment::Kind::round_robin;
  EXPECT_NEAR(load::throughput_rps(simulate(model)->load), 10'000, 200);
  model.threads_per_core = 2;
  EXPECT_NEAR(load::throughput_rps(simulate(model)->load), 20'000, 400);
}

TEST(Handlers, GiveWayAfterEachSlice) {
  // A short request beside a long one: without slices it waits for all of it.
  Model model = one_at_a_time({.service = fixed_ns(1'000)});
  model.scheduler_settings = {};
  model.beside.connections = 1;
  model.beside.handler.service = fixed_ns(1'000'000);
  EXPECT_GT(simulate(model)->load.tally.lat_req.quantile_ns(0.5), 900'000);
  model.beside.handler.slice_ns = 10'000;
  const auto sliced = simulate(model);
  EXPECT_LT(sliced->load.beside.lat_req.max_ns(), 10'000'000) << "the long one ends as well";
  // It is polled for when the queue is empty or after poll_every tasks: with the long one always
  // runnable, after 128 of its slices.
  EXPECT_LE(sliced->load.tally.lat_req.max_ns(), 129 * 10'000 + 2'000);
  model.driver.poll_every = 1;
  EXPECT_LE(simulate(model)->load.tally.lat_req.max_ns(), 22'000) << "two of its slices";
}

// A claim lets an idle worker see requests that wait behind a handler that blocks.
TEST(Handlers, AreSeenPastAStuckWorkerWhereWorkersClaim) {
  Model model = closed_loop("work-stealing", 2, 8);
  model.routes[0].handler.service = fixed_ns(5'000);
  model.assignment.kind = Assignment::Kind::one;
  model.beside.connections = 1;
  model.beside.handler.block = fixed_ns(20'000'000);
  model.arrivals.think = exponential_ns(100'000);
  model.duration_ns = 200 * kMillisecond;
  const auto without = simulate(model);
  model.driver.io_claim = true;
  const auto with = simulate(model);
  EXPECT_EQ(total(*without, "claims"), 0U);
  EXPECT_GT(total(*with, "claims"), 10U);
  EXPECT_LT(with->load.tally.lat_req.mean_ns(), without->load.tally.lat_req.mean_ns() / 2);
}

// What is claimed and carried on at once has not waited for a worker, however long ago the claimer
// looked at its own sockets.
TEST(Handlers, AreRunnableFromTheClaimOn) {
  Model model = closed_loop("work-stealing", 2, 2);
  model.routes[0].handler = {.block = exponential_ns(5'000'000)};
  model.assignment.kind = Assignment::Kind::one;
  model.arrivals.think = exponential_ns(5'000'000);
  model.duration_ns = kSecond;
  model.driver.io_claim = true;
  const auto outcome = simulate(model);
  EXPECT_GT(total(*outcome, "claims"), 10U);
  EXPECT_EQ(outcome->sched_delay.max_ns(), 0);
}

// Also where all have slept before: the one that a socket wakes, and that blocks then, rings
// nobody.
TEST(Handlers, AreSeenPastAWorkerThatIsStuckOutOfItsSleep) {
  Model model = closed_loop("work-stealing", 2, 1);
  model.routes[0].handler.service = fixed_ns(5'000);
  model.assignment.kind = Assignment::Kind::one;
  model.beside.connections = 1;
  model.beside.handler.sleep = fixed_ns(20'000'000);
  model.beside.handler.block = fixed_ns(20'000'000);
  model.arrivals.think = exponential_ns(3'000'000);
  model.duration_ns = kSecond;
  model.driver.io_claim = true;
  const auto outcome = simulate(model);
  EXPECT_LE(outcome->load.tally.lat_req.max_ns(), 2 * model.driver.claim_after_ns + 10'000);
}

// The session's turn: 64 requests, then others get theirs, and what is done is sent.
TEST(Handlers, AnswerSixtyFourRequestsInATurn) {
  Model model = one_at_a_time({.service = fixed_ns(1'000)});
  model.pipeline = 128;
  const auto outcome = simulate(model);
  EXPECT_NEAR(static_cast<double>(outcome->load.tally.lat_req.quantile_ns(0.4)), 64e3, 64);
  EXPECT_EQ(outcome->load.tally.lat_req.max_ns(), 128'000);
}

}  // namespace
}  // namespace etude::sim
