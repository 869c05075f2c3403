// Goal: no wake-up is lost, none is sent to a worker that is awake, and one sleeper at a time is
// woken for shared work.
// Method: first the steps of the header's argument one by one on a single thread; then real threads
// with doorbells that never time out, so that a lost wake-up hangs until the test's TIMEOUT.

#include "core/runtime/parking.h"

#include <gtest/gtest.h>

#include <array>
#include <deque>
#include <mutex>
#include <semaphore>
#include <thread>
#include <vector>

namespace etude {
namespace {

constexpr WorkerId kW0{0};
constexpr WorkerId kW1{1};
constexpr WorkerId kW2{2};
constexpr WorkerId kW3{3};
constexpr Placement kShared{.home = kW0, .shared = true};

constexpr Placement private_to(WorkerId home) { return {.home = home, .shared = false}; }

// Takes `worker` to where it would block. Nothing was submitted to it.
void park(Parking<>& parking, WorkerId worker) {
  EXPECT_EQ(parking.stop_search(worker, false), kNoWorker);
  parking.announce(worker);
  ASSERT_TRUE(parking.commit_sleep(worker));
}

TEST(Parking, WakesNobodyWhileAllAreAwake) {
  Parking<> parking({.workers = 2});
  EXPECT_EQ(parking.wake_for(kShared, kW0), kNoWorker);
  EXPECT_EQ(parking.wake_for(private_to(kW1), kW0), kNoWorker);
  EXPECT_EQ(parking.wake_for(kShared, kNoWorker), kNoWorker);
}

TEST(Parking, WakesThePrivateHomeAndNobodyElse) {
  Parking<> parking({.workers = 3});
  park(parking, kW1);
  park(parking, kW2);
  EXPECT_EQ(parking.wake_for(private_to(kW0), kW0), kNoWorker);
  EXPECT_EQ(parking.wake_for(private_to(kW2), kW0), kW2);
  EXPECT_EQ(parking.wake_for(private_to(kW2), kW0), kNoWorker) << "it is on its way";
  EXPECT_EQ(parking.counters(kW0).wakes_sent.value(), 1U);
  parking.awake(kW2);
  EXPECT_EQ(parking.counters(kW2).wakes_received.value(), 1U);
  EXPECT_EQ(parking.counters(kW2).parks.value(), 1U);
}

TEST(Parking, StopsHomeThatAnnouncedFromBlocking) {
  Parking<> parking({.workers = 2});
  parking.announce(kW1);
  EXPECT_EQ(parking.wake_for(private_to(kW1), kW0), kW1);
  EXPECT_FALSE(parking.commit_sleep(kW1));
  parking.awake(kW1);
  EXPECT_EQ(parking.counters(kW1).parks.value(), 0U);
}

TEST(Parking, WakesOneSleeperWhileNoneSearches) {
  Parking<> parking({.workers = 4});
  for (const WorkerId worker : {kW1, kW2, kW3}) park(parking, worker);
  EXPECT_EQ(parking.wake_for(kShared, kW0), kW1);
  EXPECT_EQ(parking.wake_for(kShared, kW0), kNoWorker) << "the woken one counts as searching";
  parking.awake(kW1);
  EXPECT_EQ(parking.wake_for(kShared, kW0), kNoWorker) << "it still does";
  EXPECT_EQ(parking.stop_search(kW1, true), kW2) << "the chain";
  parking.awake(kW2);
  EXPECT_EQ(parking.stop_search(kW2, false), kNoWorker) << "found nothing: no chain";
}

TEST(Parking, WakesAPeerForWhatASubmissionOffersBesideAPrivateTask) {
  Parking<> parking({.workers = 3});
  park(parking, kW2);
  EXPECT_EQ(parking.wake_for({.home = kW0, .shared = false, .offered = 1}, kW0), kW2);
  parking.awake(kW2);
  EXPECT_TRUE(parking.start_search(kW2)) << "it was woken to search";
}

TEST(Parking, EagerWakesOnePerSubmission) {
  Parking<> parking({.workers = 3, .wake_policy = WakePolicy::eager});
  park(parking, kW1);
  park(parking, kW2);
  EXPECT_EQ(parking.wake_for(kShared, kW0), kW1);
  EXPECT_EQ(parking.wake_for(kShared, kW0), kW2);
  EXPECT_EQ(parking.wake_for(kShared, kW0), kNoWorker);
}

TEST(Parking, BeginsTheScanAtTheTasksHome) {
  Parking<> parking({.workers = 4});
  for (const WorkerId worker : {kW1, kW2, kW3}) park(parking, worker);
  EXPECT_EQ(parking.wake_for({.home = kW3, .shared = true}, kW0), kW3);
}

TEST(Parking, LetsHalfOfTheWorkersSearchOnceSomethingIsShared) {
  Parking<> parking({.workers = 4});
  EXPECT_FALSE(parking.start_search(kW0)) << "nothing was ever shared";
  EXPECT_EQ(parking.wake_for(kShared, kW0), kNoWorker);
  EXPECT_TRUE(parking.start_search(kW0));
  EXPECT_TRUE(parking.start_search(kW0)) << "it holds its place";
  EXPECT_TRUE(parking.start_search(kW1));
  EXPECT_FALSE(parking.start_search(kW2));
  EXPECT_EQ(parking.stop_search(kW0, false), kNoWorker);
  EXPECT_TRUE(parking.start_search(kW2));
}

TEST(Parking, OnlyTheLastSearcherThatFoundWorkWakesOneMore) {
  Parking<> parking({.workers = 4});
  park(parking, kW3);
  EXPECT_EQ(parking.wake_for(kShared, kNoWorker), kW3);
  parking.awake(kW3);
  EXPECT_EQ(parking.stop_search(kW3, false), kNoWorker);
  park(parking, kW3);
  ASSERT_TRUE(parking.start_search(kW0));
  ASSERT_TRUE(parking.start_search(kW1));
  EXPECT_EQ(parking.wake_for(kShared, kW2), kNoWorker) << "left to the searchers";
  EXPECT_EQ(parking.stop_search(kW0, true), kNoWorker) << "another still searches";
  EXPECT_EQ(parking.stop_search(kW1, true), kW3);
}

TEST(Parking, WhoFindsWorkInTheLastLookWakesOneMore) {
  Parking<> parking({.workers = 3});
  park(parking, kW1);
  park(parking, kW2);
  EXPECT_EQ(parking.wake_for(kShared, kW0), kW1);
  parking.awake(kW1);
  // Two tasks are left to the searcher, whose rounds then miss them both.
  EXPECT_EQ(parking.wake_for(kShared, kW0), kNoWorker);
  EXPECT_EQ(parking.wake_for(kShared, kW0), kNoWorker);
  EXPECT_EQ(parking.stop_search(kW1, false), kNoWorker);
  parking.announce(kW1);
  parking.retract(kW1);
  EXPECT_EQ(parking.stop_search(kW1, true), kW2);
}

TEST(Parking, DoesNotSpendAWakeOnAWorkerThatOtherInputWoke) {
  Parking<> parking({.workers = 3});
  park(parking, kW1);
  park(parking, kW2);
  parking.awake(kW1);
  EXPECT_EQ(parking.wake_for({.home = kW1, .shared = true}, kW0), kW2);
}

TEST(Parking, KeepsTheSearchOfAWakeThatMetOtherInput) {
  Parking<> parking({.workers = 3});
  park(parking, kW1);
  park(parking, kW2);
  EXPECT_EQ(parking.wake_for(kShared, kW0), kW1);
  parking.awake(kW1);  // up for its own input; the wake is taken with it
  EXPECT_EQ(parking.stop_search(kW1, true), kW2);
}

TEST(Parking, PoliciesThatNeverShareNeverWakeASecondWorker) {
  Parking<> parking({.workers = 2});
  park(parking, kW0);
  parking.announce(kW1);
  parking.retract(kW1);
  EXPECT_EQ(parking.stop_search(kW1, true), kNoWorker);
}

TEST(Parking, WakesInsideTheDomainOnly) {
  Parking<> parking({.workers = 4, .domain_workers = 2});
  park(parking, kW0);
  park(parking, kW1);
  park(parking, kW3);
  EXPECT_EQ(parking.wake_for({.home = kW2, .shared = true}, kW2), kW3);
  EXPECT_EQ(parking.wake_for({.home = kW2, .shared = true}, kW2), kNoWorker);
  EXPECT_EQ(parking.wake_for({.home = kW1, .shared = true}, kW2), kW1);
}

// ---- real threads -------------------------------------------------------------------------------

constexpr std::uint32_t kWorkers = 4;
constexpr std::uint64_t kRounds = 20'000;
constexpr std::uint32_t kStop = 0xffff'ffffU;

// A locked queue for all and one per worker: the simplest scheduler with both kinds of placement. A
// task is the number of further tasks that it submits when it runs.
struct Crew {
  explicit Crew(WakePolicy policy) : parking({.workers = kWorkers, .wake_policy = policy}) {}

  void ring(WorkerId worker) {
    if (worker != kNoWorker) doorbells[index(worker)].release();
  }

  void submit(std::uint32_t task, Placement where, WorkerId from) {
    {
      const std::lock_guard lock(mutex);
      queues[where.shared ? kWorkers : index(where.home)].push_back(task);
    }
    ring(parking.wake_for(where, from));
  }

  bool next(WorkerId self, std::uint32_t& task) {
    const std::lock_guard lock(mutex);
    for (const std::uint32_t queue : {index(self), kWorkers}) {
      if (queues[queue].empty()) continue;
      task = queues[queue].front();
      queues[queue].pop_front();
      return true;
    }
    return false;
  }

  bool find(WorkerId self, std::uint32_t& task) {
    if (next(self, task)) return true;
    if (parking.start_search(self)) {
      for (int round = 0; round < 2; ++round) {
        if (next(self, task)) return true;
      }
      ring(parking.stop_search(self, false));
    }
    parking.announce(self);
    if (next(self, task)) {
      parking.retract(self);
      return true;
    }
    if (parking.commit_sleep(self)) doorbells[index(self)].acquire();
    parking.awake(self);
    return false;
  }

  void work(WorkerId self) {
    for (;;) {
      std::uint32_t task = 0;
      if (!find(self, task)) continue;
      ring(parking.stop_search(self, true));
      if (task == kStop) return;
      ran.fetch_add(1, std::memory_order_relaxed);
      for (std::uint32_t child = 0; child < task; ++child) {
        const WorkerId home{(index(self) + child) % kWorkers};
        submit(0, {.home = home, .shared = child % 2 == 0}, self);
      }
    }
  }

  Parking<> parking;
  std::mutex mutex;
  std::array<std::deque<std::uint32_t>, kWorkers + 1> queues;
  // A doorbell remembers its rings, as an eventfd does, and never times out.
  std::array<std::counting_semaphore<>, kWorkers> doorbells{
      std::counting_semaphore<>{0}, std::counting_semaphore<>{0}, std::counting_semaphore<>{0},
      std::counting_semaphore<>{0}};
  std::atomic<std::uint64_t> ran{0};
};

class ParkingStress : public testing::TestWithParam<WakePolicy> {};

// Waits for each round of tasks to end before the next, so that the workers go to sleep often.
TEST_P(ParkingStress, RunsEveryTaskWithoutTimeOuts) {
  Crew crew(GetParam());
  std::vector<std::thread> threads;
  for (std::uint32_t worker = 0; worker < kWorkers; ++worker) {
    threads.emplace_back([&crew, worker] { crew.work(WorkerId{worker}); });
  }
  constexpr std::uint32_t kChildren = 3;
  std::uint64_t expected = 0;
  for (std::uint64_t round = 0; round < kRounds; ++round) {
    const WorkerId home{static_cast<std::uint32_t>(round % kWorkers)};
    crew.submit(kChildren, {.home = home, .shared = round % 3 != 0}, kNoWorker);
    expected += 1 + kChildren;
    while (crew.ran.load(std::memory_order_relaxed) < expected) std::this_thread::yield();
  }
  for (std::uint32_t worker = 0; worker < kWorkers; ++worker) {
    crew.submit(kStop, private_to(WorkerId{worker}), kNoWorker);
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(crew.ran.load(std::memory_order_relaxed), expected);
  std::uint64_t parks = 0;
  for (std::uint32_t worker = 0; worker < kWorkers; ++worker) {
    parks += crew.parking.counters(WorkerId{worker}).parks.value();
  }
  EXPECT_GT(parks, 0U) << "the test never put anybody to sleep";
}

INSTANTIATE_TEST_SUITE_P(Policies, ParkingStress,
                         testing::Values(WakePolicy::throttled, WakePolicy::eager),
                         [](const testing::TestParamInfo<WakePolicy>& policy) {
                           return policy.param == WakePolicy::throttled ? "throttled" : "eager";
                         });

}  // namespace
}  // namespace etude
