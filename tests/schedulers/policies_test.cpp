// What each policy promises beyond core/scheduler.h: its order, whom it lets take what, and when it
// offers. On one thread.

#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "schedulers/registry.h"
#include "tests/schedulers/hooked_atomic.h"

namespace etude {
namespace {

constexpr WorkerId kFirst{0};
constexpr WorkerId kSecond{1};

std::unique_ptr<Scheduler> make(std::string_view name, Settings set = {}, std::uint32_t workers = 2,
                                std::uint32_t threads_per_core = 1) {
  return find_scheduler(name).make({.workers = workers,
                                    .tasks_max = 1'000,
                                    .seed = 1,
                                    .threads_per_core = threads_per_core,
                                    .set = std::move(set)});
}

// The tasks that worker `self` gets until it finds none, by their places in `tasks`.
std::vector<std::ptrdiff_t> drain(Scheduler& scheduler, WorkerId self,
                                  const std::vector<Task>& tasks) {
  std::vector<std::ptrdiff_t> order;
  while (const Task* task = scheduler.next(self).task) order.push_back(task - tasks.data());
  return order;
}

std::vector<std::ptrdiff_t> counting_to(std::ptrdiff_t count) {
  std::vector<std::ptrdiff_t> numbers;
  for (std::ptrdiff_t i = 0; i < count; ++i) numbers.push_back(i);
  return numbers;
}

TEST(Policies, ReturnAWorkersOwnTasksInOrderOfArrival) {
  for (const std::string_view name : {"fifo", "work-stealing", "hybrid", "shared-queue"}) {
    const auto scheduler = make(name);
    std::vector<Task> tasks(100);
    for (Task& task : tasks) scheduler->submit(task, kFirst, Origin::io(kFirst, kFirst));
    EXPECT_EQ(drain(*scheduler, kFirst, tasks), counting_to(100)) << name;
  }
}

TEST(Policies, ReturnOutsideTasksInOrderOfArrival) {
  for (const std::string_view name : {"fifo", "work-stealing", "hybrid", "shared-queue"}) {
    const auto scheduler = make(name);
    std::vector<Task> tasks(100);
    for (Task& task : tasks) scheduler->submit(task, kNoWorker, Origin::io(kFirst, kFirst));
    EXPECT_EQ(drain(*scheduler, kFirst, tasks), counting_to(100)) << name;
  }
}

TEST(Fifo, RunsATaskWhereItBelongsWhoeverSubmitsIt) {
  const auto scheduler = make("fifo");
  Task task;
  const Placement where = scheduler->submit(task, kFirst, Origin::wake(kSecond, kFirst));
  EXPECT_EQ(where.home, kSecond);
  EXPECT_FALSE(where.shared);
  EXPECT_EQ(scheduler->next(kFirst).task, nullptr);
  EXPECT_EQ(scheduler->next(kSecond).task, &task);
  EXPECT_EQ(scheduler->counters(kSecond).remote_submits.value(), 1U);
  EXPECT_EQ(scheduler->counters(kFirst).local_submits.value(), 0U);
}

TEST(Fifo, SpreadsHomelessTasksFromOutsideEvenly) {
  const auto scheduler = make("fifo", {}, 4);
  std::vector<Task> tasks(8);
  for (Task& task : tasks) scheduler->submit(task, kNoWorker, Origin::remote());
  for (std::uint32_t w = 0; w < 4; ++w) {
    EXPECT_EQ(drain(*scheduler, WorkerId{w}, tasks).size(), 2U);
  }
}

TEST(Fifo, CountsHowDeepItsQueueIsAndWas) {
  const auto scheduler = make("fifo");
  std::vector<Task> tasks(5);
  for (Task& task : tasks) scheduler->submit(task, kFirst, Origin::spawn());
  (void)scheduler->next(kFirst);
  EXPECT_EQ(scheduler->counters(kFirst).depth.value(), 4U);
  EXPECT_EQ(scheduler->counters(kFirst).depth_max.value(), 5U);
}

TEST(WorkStealing, LifoTakesTheNewestAndNowAndThenTheOldest) {
  const auto scheduler = make("work-stealing", {{"order", "lifo"}});
  std::vector<Task> tasks(40);
  for (Task& task : tasks) scheduler->submit(task, kFirst, Origin::spawn());
  const std::vector<std::ptrdiff_t> order = drain(*scheduler, kFirst, tasks);
  ASSERT_EQ(order.size(), 40U);
  for (std::ptrdiff_t i = 0; i < 16; ++i) EXPECT_EQ(order[static_cast<std::size_t>(i)], 39 - i);
  EXPECT_EQ(order[16], 0);
  EXPECT_EQ(order[17], 23);
}

TEST(WorkStealing, LifoLetsOthersRunBeforeAYieldedTask) {
  const auto scheduler = make("work-stealing", {{"order", "lifo"}});
  Task yielder;
  Task other;
  scheduler->submit(other, kFirst, Origin::spawn());
  scheduler->submit(yielder, kFirst, Origin::yield(kFirst, kFirst));
  EXPECT_EQ(scheduler->next(kFirst).task, &other);
  EXPECT_EQ(scheduler->next(kFirst).task, &yielder);
}

TEST(WorkStealing, StealsOneOrHalfAndOffersTheRest) {
  for (const bool half : {false, true}) {
    const auto scheduler = make("work-stealing", {{"steal", half ? "half" : "one"}});
    std::vector<Task> tasks(9);
    for (Task& task : tasks) scheduler->submit(task, kFirst, Origin::spawn());
    const Pick pick = scheduler->next(kSecond);
    EXPECT_EQ(pick.task, &tasks[0]);
    EXPECT_EQ(pick.offered, half ? 4U : 0U);
    EXPECT_EQ(scheduler->counters(kSecond).steal_tasks.value(), half ? 5U : 1U);
    EXPECT_EQ(scheduler->counters(kSecond).steal_successes.value(), 1U);
    EXPECT_EQ(scheduler->counters(kSecond).depth.value(), half ? 4U : 0U);
  }
}

// "Lost" is not "empty": a worker that gave up here would park beside a task.
TEST(WorkStealing, AThiefThatLosesARaceTakesTheNextTask) {
  const auto scheduler = find_scheduler("work-stealing", kSchedulers<HookedAtomic>)
                             .make({.workers = 3, .tasks_max = 2, .seed = 1});
  std::vector<Task> tasks(2);
  for (Task& task : tasks) scheduler->submit(task, kFirst, Origin::spawn());
  const Task* faster = nullptr;
  before_next_exchange = [&] { faster = scheduler->next(WorkerId{2}).task; };
  EXPECT_EQ(scheduler->next(kSecond).task, &tasks[1]);
  EXPECT_EQ(faster, &tasks[0]);
  EXPECT_EQ(scheduler->counters(kSecond).steal_lost.value(), 1U);
  EXPECT_LE(scheduler->counters(kSecond).steal_attempts.value(), 2U);
}

TEST(WorkStealing, AThiefEmptiesTheInboxOfAWorkerThatDoesNotLook) {
  const auto scheduler = make("work-stealing");
  std::vector<Task> tasks(3);
  for (Task& task : tasks) {
    const Placement where = scheduler->submit(task, kNoWorker, Origin::io(kFirst, kFirst));
    EXPECT_EQ(where.home, kFirst);
    EXPECT_TRUE(where.shared);
  }
  const Pick pick = scheduler->next(kSecond);
  EXPECT_EQ(pick.task, &tasks[0]);
  EXPECT_EQ(pick.offered, 2U);
  EXPECT_EQ(drain(*scheduler, kSecond, tasks), (std::vector<std::ptrdiff_t>{1, 2}));
  EXPECT_EQ(scheduler->counters(kSecond).remote_submits.value(), 3U);
}

TEST(WorkStealing, OffersWhatItMovesFromItsInboxIntoSight) {
  const auto scheduler = make("work-stealing");
  std::vector<Task> tasks(4);
  scheduler->submit(tasks[0], kFirst, Origin::spawn());
  for (std::size_t i = 1; i < 4; ++i) {
    scheduler->submit(tasks[i], kNoWorker, Origin::io(kFirst, kFirst));
  }
  const Pick pick = scheduler->next(kFirst);
  EXPECT_EQ(pick.task, &tasks[0]);
  EXPECT_EQ(pick.offered, 3U);
}

TEST(WorkStealing, InTheDomainOfACoreNothingLeavesThatCore) {
  const auto scheduler = make("work-stealing", {{"domain", "core"}}, 4, 2);
  EXPECT_EQ(scheduler->domain_workers(), 2U);
  std::vector<Task> tasks(2);
  // Worker 0 wakes a task of worker 2: it goes there, for both of that core.
  const Placement there = scheduler->submit(tasks[0], kFirst, Origin::wake(WorkerId{2}, kFirst));
  EXPECT_EQ(there.home, WorkerId{2});
  EXPECT_TRUE(there.shared);
  EXPECT_EQ(scheduler->next(kFirst).task, nullptr);
  EXPECT_EQ(scheduler->next(kSecond).task, nullptr);
  EXPECT_EQ(scheduler->next(WorkerId{3}).task, &tasks[0]);
  // A task of its neighbour it keeps.
  EXPECT_EQ(scheduler->submit(tasks[1], kFirst, Origin::wake(kSecond, kSecond)).home, kFirst);
}

TEST(WorkStealing, WithOneThreadPerCoreAndThatDomainNothingIsShared) {
  const auto scheduler = make("multithread");
  Task task;
  EXPECT_FALSE(scheduler->submit(task, kFirst, Origin::spawn()).shared);
  EXPECT_EQ(scheduler->next(kSecond).task, nullptr);
  EXPECT_EQ(scheduler->counters(kSecond).steal_attempts.value(), 0U);
}

TEST(WorkStealing, RunsNextWhatTheRunningTaskMadeRunnableLastButAtMostNTimesInARow) {
  const auto scheduler = make("work-stealing", {{"slot", "2"}});
  Task talker;
  std::vector<Task> tasks(3);
  for (Task& task : tasks) scheduler->submit(task, kFirst, Origin::io(kFirst, kFirst));
  std::vector<const Task*> order;
  for (int turn = 0; turn < 7; ++turn) {
    scheduler->submit(talker, kFirst, Origin::wake(kFirst, kFirst));
    Pick pick = scheduler->next(kFirst);
    order.push_back(pick.task);
    EXPECT_EQ(pick.offered, pick.task == &talker ? 0U : 1U);
    while (pick.task != &talker) order.push_back((pick = scheduler->next(kFirst)).task);
  }
  const Task* const t = &talker;  // to the back after two
  EXPECT_EQ(order,
            (std::vector<const Task*>{t, t, &tasks[0], &tasks[1], &tasks[2], t, t, t, t, t}));
}

TEST(WorkStealing, KeepsItsSlotPrivateAndOffersWhatItDisplaces) {
  const auto scheduler = make("work-stealing", {{"slot", "3"}});
  std::vector<Task> tasks(2);
  EXPECT_FALSE(scheduler->submit(tasks[0], kFirst, Origin::spawn()).shared);
  const Placement where = scheduler->submit(tasks[1], kFirst, Origin::spawn());
  EXPECT_FALSE(where.shared);
  EXPECT_EQ(where.offered, 1U);
  EXPECT_EQ(scheduler->counters(kFirst).depth.value(), 2U);
  EXPECT_EQ(drain(*scheduler, kSecond, tasks), counting_to(1));
  EXPECT_EQ(scheduler->next(kFirst).task, &tasks[1]);
}

TEST(WorkStealing, PutsIntoItsSlotOnlyWhatTheRunningTaskMadeRunnable) {
  const auto scheduler = make("work-stealing", {{"slot", "3"}});
  std::vector<Task> tasks(2);
  EXPECT_TRUE(scheduler->submit(tasks[0], kFirst, Origin::io(kFirst, kFirst)).shared);
  EXPECT_TRUE(scheduler->submit(tasks[1], kFirst, Origin::yield(kFirst, kFirst)).shared);
}

TEST(Hybrid, KeepsItsTasksWhileEveryoneIsBusy) {
  const auto scheduler = make("hybrid");
  std::vector<Task> tasks(8);
  for (Task& task : tasks) {
    EXPECT_FALSE(scheduler->submit(task, kFirst, Origin::io(kFirst, kFirst)).shared);
  }
  EXPECT_EQ(scheduler->next(kFirst).offered, 0U);
}

TEST(Hybrid, OffersItsSurplusOnceAPeerIsHungryAndThePeerGetsIt) {
  const auto scheduler = make("hybrid");
  std::vector<Task> tasks(8);
  EXPECT_EQ(scheduler->next(kSecond).task, nullptr);
  for (Task& task : tasks) scheduler->submit(task, kFirst, Origin::io(kFirst, kFirst));
  EXPECT_EQ(scheduler->next(kSecond).task, nullptr) << "what is private is not for others";

  const Pick pick = scheduler->next(kFirst);
  EXPECT_EQ(pick.task, &tasks[0]);
  EXPECT_EQ(pick.offered, 7U);
  const Pick stolen = scheduler->next(kSecond);
  EXPECT_EQ(stolen.task, &tasks[1]);
  EXPECT_EQ(stolen.offered, 3U);
}

TEST(Hybrid, NeverWakesASecondWorkerForALoneTask) {
  const auto scheduler = make("hybrid");
  EXPECT_EQ(scheduler->next(kSecond).task, nullptr);
  Task task;
  for (int i = 0; i < 100; ++i) {
    EXPECT_FALSE(scheduler->submit(task, kFirst, Origin::io(kFirst, kFirst)).shared);
    const Pick pick = scheduler->next(kFirst);
    ASSERT_EQ(pick.task, &task);
    ASSERT_EQ(pick.offered, 0U);
  }
}

TEST(Hybrid, SharesFromADepthOnAndStopsOnlyAtASmallerOne) {
  const auto scheduler =
      make("hybrid", {{"hungry", "off"}, {"share_at", "6"}, {"share_until", "2"}});
  std::vector<Task> tasks(20);
  std::size_t used = 0;
  const auto submit = [&](int count) {
    for (; count > 0; --count) scheduler->submit(tasks[used++], kFirst, Origin::spawn());
  };
  submit(6);
  EXPECT_EQ(scheduler->next(kFirst).offered, 0U) << "5 wait";
  submit(2);
  EXPECT_EQ(scheduler->next(kFirst).offered, 6U) << "6 wait: sharing begins";
  EXPECT_EQ(scheduler->next(kFirst).offered, 0U) << "5 wait, all shared already";
  EXPECT_EQ(scheduler->next(kFirst).offered, 0U) << "4";
  submit(1);
  EXPECT_EQ(scheduler->next(kFirst).offered, 1U) << "4 wait: sharing goes on";
  EXPECT_EQ(scheduler->next(kFirst).offered, 0U) << "3";
  EXPECT_EQ(scheduler->next(kFirst).offered, 0U) << "2 wait: sharing ends";
  submit(3);
  EXPECT_EQ(scheduler->next(kFirst).offered, 0U) << "4 wait, and no sharing below 6";
  std::vector<std::ptrdiff_t> rest = drain(*scheduler, kFirst, tasks);
  EXPECT_EQ(rest, (std::vector<std::ptrdiff_t>{8, 9, 10, 11})) << "in order all the same";
}

TEST(SharedQueue, GivesTasksInOrderOfArrivalToWhoeverAsks) {
  const auto scheduler = make("shared-queue", {}, 3);
  std::vector<Task> tasks(6);
  for (std::uint32_t i = 0; i < 6; ++i) {
    const WorkerId from = i % 2 == 0 ? WorkerId{i % 3} : kNoWorker;
    const Placement where = scheduler->submit(tasks[i], from, Origin::spawn(kFirst));
    EXPECT_EQ(where.home, kNoWorker);
    EXPECT_TRUE(where.shared);
  }
  for (std::uint32_t i = 0; i < 6; ++i) {
    EXPECT_EQ(scheduler->next(WorkerId{(i + 1) % 3}).task, &tasks[i]);
  }
}

}  // namespace
}  // namespace etude
