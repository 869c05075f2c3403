// Goal: the integrals of waiting tasks, and of workers that idle beside what they might take.
// Method: scripted histories of a few workers, worked out by hand.

#include "experiments/simulator/waiting.h"

#include <gtest/gtest.h>

namespace etude::sim {
namespace {

constexpr WorkerId kA{0};
constexpr WorkerId kB{1};
constexpr WorkerId kC{2};
constexpr WorkerId kD{3};

TEST(Waiting, IntegratesTheDepthFromWhereItBegins) {
  Waiting waiting(2, 0);
  waiting.submitted(0, {.home = kA, .shared = false});
  waiting.begin(10);
  waiting.submitted(20, {.home = kA, .shared = false});
  waiting.picked(50, kA, kA, 0);
  waiting.end(60);
  EXPECT_EQ(waiting.depth_integral(), 10 * 1 + 30 * 2 + 10 * 1);
  EXPECT_EQ(waiting.depth_max(), 2U);
  EXPECT_EQ(waiting.depth(), 1);
}

TEST(Waiting, ASharedTaskIsMissedByOneIdleWorkerOfItsDomain) {
  Waiting waiting(4, 2);
  for (const WorkerId worker : {kA, kB, kC, kD}) waiting.set_idle(0, worker, true);
  waiting.begin(0);
  waiting.submitted(10, {.home = kA, .shared = true});
  waiting.set_idle(30, kB, false);
  waiting.picked(30, kB, kA, 0);
  EXPECT_EQ(waiting.idle_while_waiting_ns(), 20);
  waiting.submitted(40, {.home = kD, .shared = true});
  waiting.submitted(40, {.home = kD, .shared = true});
  waiting.submitted(40, {.home = kD, .shared = true});
  waiting.end(50);
  EXPECT_EQ(waiting.idle_while_waiting_ns(), 20 + 2 * 10) << "two idle workers for three tasks";
}

TEST(Waiting, APrivateTaskIsMissedByItsOwnWorkerAlone) {
  Waiting waiting(2, 0);
  waiting.begin(0);
  waiting.set_idle(0, kB, true);
  waiting.submitted(0, {.home = kA, .shared = false});
  waiting.end(100);
  EXPECT_EQ(waiting.idle_while_waiting_ns(), 0);
  waiting.set_idle(100, kA, true);
  waiting.end(110);
  EXPECT_EQ(waiting.idle_while_waiting_ns(), 10);
}

TEST(Waiting, AnOfferMakesPrivateTasksShared) {
  Waiting waiting(2, 0);
  waiting.begin(0);
  waiting.set_idle(0, kB, true);
  for (int task = 0; task < 3; ++task) waiting.submitted(0, {.home = kA, .shared = false});
  waiting.picked(10, kA, kA, 1);
  waiting.end(20);
  EXPECT_EQ(waiting.idle_while_waiting_ns(), 10);
  waiting.set_idle(20, kB, false);
  waiting.picked(20, kB, kA, 0);  // the offered one
  waiting.set_idle(20, kB, true);
  waiting.end(30);
  EXPECT_EQ(waiting.idle_while_waiting_ns(), 10) << "what is left is private";
}

TEST(Waiting, ATaskOfNobodysQueueIsShared) {
  Waiting waiting(2, 0);
  waiting.begin(0);
  waiting.submitted(0, {.home = kNoWorker, .shared = true});
  waiting.set_idle(5, kB, true);
  waiting.end(15);
  EXPECT_EQ(waiting.idle_while_waiting_ns(), 10);
}

}  // namespace
}  // namespace etude::sim
