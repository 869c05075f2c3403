// Goal: with 8 threads at once, every scheduler gives out each task exactly once per submission,
// and its taker sees what was written before. Method: tasks that hop: whoever gets one writes to it
// (plainly: the thread sanitizer watches) and submits it again as another kind, until its hops are
// used up. Some go by way of a thread that is no worker. Idle threads only yield: no time-out could
// hide a task that got stuck, the test would not end. ETUDE_STRESS_ITEMS sets the submissions per
// scheduler (default 500,000 at default parameters, a tenth of it at others).

#include <gtest/gtest.h>
#include <sched.h>

#include <atomic>
#include <cstdlib>
#include <latch>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "core/random.h"
#include "tests/schedulers/variants.h"
#include "tests/schedulers/yielding_atomic.h"

namespace etude {
namespace {

constexpr std::uint32_t kWorkers = 8;
constexpr std::uint32_t kManyTasks = 1'000;
constexpr std::uint32_t kFewTasks = 8;  // most looks find nothing, and thieves meet over the rest

struct Hopper : Task {
  std::uint64_t hops_left = 0;  // plain: handed on by the scheduler alone
  std::uint64_t hops_done = 0;  // plain
  std::atomic<bool> waits{false};
};

std::uint64_t items_wanted(const Variant& variant) {
  const char* text = std::getenv("ETUDE_STRESS_ITEMS");
  const std::uint64_t items = text != nullptr ? std::stoull(text) : 500'000;
  return variant.set.empty() ? items : items / 10;
}

void pin_to_one_core() {
  cpu_set_t allowed;
  ASSERT_EQ(sched_getaffinity(0, sizeof allowed, &allowed), 0);
  std::size_t core = 0;
  while (!CPU_ISSET(core, &allowed)) ++core;
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(core, &one);
  ASSERT_EQ(sched_setaffinity(0, sizeof one, &one), 0);
}

class Stress {
 public:
  Stress(const Variant& variant, std::uint32_t tasks, std::uint64_t items)
      : scheduler_(variant.entry.make({.workers = kWorkers,
                                       .tasks_max = tasks,
                                       .seed = 3,
                                       .threads_per_core = variant.threads_per_core,
                                       .set = variant.set})),
        hoppers_(tasks) {
    for (Hopper& hopper : hoppers_) hopper.hops_left = items / tasks;
  }

  void run(bool one_core) {
    std::vector<std::thread> threads;
    for (std::uint32_t w = 0; w < kWorkers; ++w) {
      threads.emplace_back([this, w, one_core] {
        if (one_core) pin_to_one_core();
        all_started_.arrive_and_wait();
        work(WorkerId{w});
      });
    }
    threads.emplace_back([this, one_core] {
      if (one_core) pin_to_one_core();
      all_started_.arrive_and_wait();
      carry_mail();
    });
    for (std::thread& thread : threads) thread.join();
  }

  void check(std::uint64_t items) {
    std::uint64_t done = 0;
    for (const Hopper& hopper : hoppers_) done += hopper.hops_done;
    EXPECT_EQ(done, items);
    EXPECT_EQ(doubled_.load(), 0U) << "tasks given out twice";
    std::uint64_t in = 0;
    std::uint64_t out = 0;
    for (std::uint32_t w = 0; w < kWorkers; ++w) {
      const SchedulerCounters& row = scheduler_->counters(WorkerId{w});
      in += row.local_submits.value() + row.remote_submits.value();
      out += row.local_takes.value() + row.steal_successes.value();
    }
    EXPECT_EQ(in, items);
    EXPECT_EQ(out, items);
    std::uint64_t steals = 0;
    std::uint64_t lost = 0;
    for (std::uint32_t w = 0; w < kWorkers; ++w) {
      steals += scheduler_->counters(WorkerId{w}).steal_tasks.value();
      lost += scheduler_->counters(WorkerId{w}).steal_lost.value();
    }
    testing::Test::RecordProperty("steal_tasks", std::to_string(steals));
    testing::Test::RecordProperty("steal_lost", std::to_string(lost));
  }

 private:
  void submit(Hopper& hopper, WorkerId from, Rng& rng) {
    const WorkerId home{rng.below(kWorkers)};
    hopper.waits.store(true, std::memory_order_relaxed);  // relaxed: the scheduler hands it on
    switch (rng.below(4)) {
      case 0:
        scheduler_->submit(hopper, from, Origin::wake(home, kNoWorker));
        break;
      case 1:
        scheduler_->submit(hopper, from, Origin::yield(home, home));
        break;
      case 2:
        scheduler_->submit(hopper, from, Origin::io(home, home));
        break;
      default:
        scheduler_->submit(hopper, from, Origin::spawn());
        break;
    }
  }

  void work(WorkerId self) {
    Rng rng(index(self));
    while (finished_.load(std::memory_order_relaxed) < hoppers_.size()) {
      Task* const task = scheduler_->next(self).task;
      if (task == nullptr) {
        std::this_thread::yield();
        continue;
      }
      // On few cores a thread would else use its whole slice alone, and races would be rare.
      if (rng.below(32) == 0) std::this_thread::yield();
      Hopper& hopper = *static_cast<Hopper*>(task);
      if (!hopper.waits.exchange(false, std::memory_order_relaxed)) {
        doubled_.fetch_add(1, std::memory_order_relaxed);
      }
      ++hopper.hops_done;
      if (--hopper.hops_left == 0) {
        finished_.fetch_add(1, std::memory_order_relaxed);
      } else if (rng.below(8) == 0) {
        const std::scoped_lock hold(mail_lock_);
        mail_.push_back(&hopper);
      } else {
        submit(hopper, self, rng);
      }
    }
  }

  void carry_mail() {
    Rng rng(99);
    for (Hopper& hopper : hoppers_) submit(hopper, kNoWorker, rng);
    std::vector<Hopper*> letters;
    while (finished_.load(std::memory_order_relaxed) < hoppers_.size()) {
      {
        const std::scoped_lock hold(mail_lock_);
        letters.swap(mail_);
      }
      if (letters.empty()) std::this_thread::yield();
      for (Hopper* hopper : letters) submit(*hopper, kNoWorker, rng);
      letters.clear();
    }
  }

  std::unique_ptr<Scheduler> scheduler_;
  std::vector<Hopper> hoppers_;
  std::atomic<std::uint64_t> finished_{0};
  std::atomic<std::uint64_t> doubled_{0};
  std::latch all_started_{kWorkers + 1};
  std::mutex mail_lock_;
  std::vector<Hopper*> mail_;
};

class SchedulerStress : public testing::TestWithParam<Variant> {};

enum class Cores : std::uint8_t { all, one };

void run_and_check(const Variant& variant, std::uint32_t tasks, Cores cores,
                   std::uint32_t divisor = 1) {
  const std::uint64_t items = items_wanted(variant) / divisor / tasks * tasks;
  Stress stress(variant, tasks, items);
  stress.run(cores == Cores::one);
  stress.check(items);
}

TEST_P(SchedulerStress, EightThreadsGetEachOfManyTasksOnce) {
  run_and_check(GetParam(), kManyTasks, Cores::all);
}

TEST_P(SchedulerStress, EightThreadsGetEachOfFewTasksOnce) {
  run_and_check(GetParam(), kFewTasks, Cores::all);
}

// Preempted at any instruction, rather than truly at once.
TEST_P(SchedulerStress, EightThreadsOnOneCoreGetEachTaskOnce) {
  run_and_check(GetParam(), kManyTasks, Cores::one);
}

// Preempted where it matters: between any two atomic operations.
TEST_P(SchedulerStress, EightThreadsThatYieldInsideGetEachTaskOnce) {
  Variant yielding = GetParam();
  yielding.entry = find_scheduler(GetParam().entry.name, kSchedulers<YieldingAtomic>);
  run_and_check(yielding, kFewTasks, Cores::one, 10);
}

INSTANTIATE_TEST_SUITE_P(AllSchedulers, SchedulerStress, testing::ValuesIn(all_variants()),
                         [](const auto& instance) { return instance.param.name; });

}  // namespace
}  // namespace etude
