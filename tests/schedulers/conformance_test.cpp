// Goal: every scheduler of the registry, at each value of its parameters and with 1, 2, 3, 8 and 64
// workers, keeps what core/scheduler.h promises.
// Method: one thread plays all workers. Observed (observed.h) checks each single call: each task
// exactly once, placement, what empty means, probes, counters, no allocation. The cases here choose
// the calls. Threads come in stress_test.cpp.

#include <gtest/gtest.h>

#include <cstdlib>
#include <set>
#include <tuple>
#include <vector>

#include "core/random.h"
#include "schedulers/plugin.h"
#include "tests/schedulers/observed.h"
#include "tests/schedulers/variants.h"

namespace etude {
namespace {

class SchedulerConformance : public testing::TestWithParam<std::tuple<Variant, std::uint32_t>> {
 protected:
  static const Variant& variant() { return std::get<0>(GetParam()); }
  static std::uint32_t workers() { return std::get<1>(GetParam()); }
  static std::unique_ptr<Scheduler> make(std::uint32_t tasks_max, std::uint64_t seed = 1) {
    return variant().entry.make({.workers = workers(),
                                 .tasks_max = tasks_max,
                                 .seed = seed,
                                 .threads_per_core = variant().threads_per_core,
                                 .set = variant().set});
  }
};

// A worker, or nobody.
WorkerId random_caller(Rng& rng, std::uint32_t workers) {
  return rng.below(8) == 0 ? kNoWorker : WorkerId{rng.below(workers)};
}

Origin random_origin(Rng& rng, std::uint32_t workers) {
  const WorkerId home = random_caller(rng, workers);
  const WorkerId last = random_caller(rng, workers);
  switch (rng.below(6)) {
    case 0:
      return Origin::spawn(home);
    case 1:
      return Origin::wake(home, last);
    case 2:
      return Origin::io(home, last);
    case 3:
      return Origin::timer(home, last);
    case 4:
      return Origin::yield(home, last);
    default:
      return Origin::remote();
  }
}

void drain_all(Observed& observed, std::uint32_t workers) {
  for (std::uint32_t w = 0; w < workers; ++w) {
    while (observed.next(WorkerId{w}) != nullptr) {
    }
  }
}

TEST_P(SchedulerConformance, ReturnsEverySubmittedTaskExactlyOnce) {
  constexpr std::uint32_t kTasks = 1'000;
  Observed observed(make(kTasks), workers());
  std::vector<Task> tasks(kTasks);
  for (std::uint32_t i = 0; i < kTasks; ++i) {
    observed.submit(tasks[i], WorkerId{i % workers()});
  }
  drain_all(observed, workers());
  EXPECT_EQ(observed.waiting_count(), 0U) << "lost tasks";
  observed.check_balance_when_empty(kTasks);
}

TEST_P(SchedulerConformance, KeepsEveryPromiseInARandomRun) {
  constexpr std::uint32_t kTasks = 200;
  constexpr std::uint32_t kSteps = 20'000;
  Observed observed(make(kTasks), workers());
  Rng rng(7);
  std::vector<Task> tasks(kTasks);
  std::vector<Task*> idle;
  for (Task& task : tasks) idle.push_back(&task);
  std::uint64_t submitted = 0;
  for (std::uint32_t step = 0; step < kSteps; ++step) {
    // Phases of filling and of draining, so that both ends are reached.
    const bool filling = (step / 500) % 2 == 0;
    if (!idle.empty() && rng.below(4) < (filling ? 3U : 1U)) {
      const std::uint32_t chosen = rng.below(static_cast<std::uint32_t>(idle.size()));
      observed.submit(*idle[chosen], random_caller(rng, workers()), random_origin(rng, workers()));
      ++submitted;
      idle[chosen] = idle.back();
      idle.pop_back();
    } else if (Task* task = observed.next(WorkerId{rng.below(workers())})) {
      idle.push_back(task);
    }
    if (HasFailure()) return;
  }
  drain_all(observed, workers());
  observed.check_balance_when_empty(submitted);
}

TEST_P(SchedulerConformance, OneWorkerGetsAllThatIsSharedOrItsOwn) {
  constexpr std::uint32_t kTasks = 300;
  const WorkerId drainer{workers() / 2};
  Observed observed(make(kTasks), workers());
  Rng rng(11);
  std::vector<Task> tasks(kTasks);
  for (Task& task : tasks) {
    observed.submit(task, random_caller(rng, workers()), random_origin(rng, workers()));
  }
  const std::size_t promised = observed.promised_to(drainer);
  std::size_t got = 0;
  while (observed.next(drainer) != nullptr) ++got;
  EXPECT_GE(got, promised);
  drain_all(observed, workers());
  observed.check_balance_when_empty(kTasks);
}

// What all submit at once, all from one worker, or nobody: the fullest that any queue can get.
TEST_P(SchedulerConformance, HoldsTasksMaxTasksInAnyOneQueue) {
  constexpr std::uint32_t kTasks = 1'000;  // no power of two
  for (const WorkerId from : {WorkerId{0}, WorkerId{workers() - 1}, kNoWorker}) {
    Observed observed(make(kTasks), workers());
    std::vector<Task> tasks(kTasks);
    std::uint64_t submitted = 0;
    for (int lap = 0; lap < 5; ++lap) {
      for (Task& task : tasks) {
        observed.submit(task, from, Origin::wake(WorkerId{0}, WorkerId{0}));
        ++submitted;
      }
      drain_all(observed, workers());
      ASSERT_EQ(observed.waiting_count(), 0U);
    }
    observed.check_balance_when_empty(submitted);
  }
}

// A thief that cannot reach the whole of a victim's tasks at once still ends with none left.
TEST_P(SchedulerConformance, EmptyOnceNothingWaits) {
  Observed observed(make(1), workers());
  for (std::uint32_t w = 0; w < workers(); ++w) EXPECT_EQ(observed.next(WorkerId{w}), nullptr);
}

// Goal: no task waits for ever behind tasks that come back again and again.
// Method: worker 0 takes and at once resubmits, as if each task yielded (or was woken); one more
// arrives from outside. The bound is generous: it tells "late" from "never".
TEST_P(SchedulerConformance, NobodyStarvesBehindTasksThatComeBack) {
  constexpr std::uint32_t kTasks = 20;
  constexpr std::uint32_t kTurns = 40 * (kTasks + 1);
  const WorkerId self{0};
  for (const bool yields : {true, false}) {
    Observed observed(make(kTasks + 1), workers());
    std::vector<Task> tasks(kTasks + 1);
    for (std::uint32_t i = 0; i < kTasks; ++i) observed.submit(tasks[i], self, Origin::spawn(self));
    std::set<const Task*> seen;
    for (std::uint32_t turn = 0; turn < kTurns; ++turn) {
      if (turn == 100) observed.submit(tasks[kTasks], kNoWorker, Origin::wake(self, self));
      Task* task = observed.next(self);
      if (task == nullptr) continue;  // a policy may have sent all of them elsewhere
      seen.insert(task);
      observed.submit(*task, self, yields ? Origin::yield(self, self) : Origin::wake(self, self));
    }
    for (Task& task : tasks) {
      EXPECT_TRUE(seen.contains(&task) || !observed.promised_to(task, self))
          << "task " << &task - tasks.data() << (yields ? ", yielding" : ", woken");
    }
  }
}

TEST_P(SchedulerConformance, TheSameSeedGivesTheSameRun) {
  constexpr std::uint32_t kTasks = 100;
  std::vector<std::vector<std::ptrdiff_t>> runs;
  for (int run = 0; run < 2; ++run) {
    const auto scheduler = make(kTasks, 42);
    Rng rng(5);
    std::vector<Task> tasks(kTasks);
    std::vector<std::ptrdiff_t> picked;
    for (Task& task : tasks) {
      scheduler->submit(task, random_caller(rng, workers()), random_origin(rng, workers()));
    }
    for (int step = 0; step < 2'000; ++step) {
      const Task* task = scheduler->next(WorkerId{rng.below(workers())}).task;
      picked.push_back(task == nullptr ? -1 : task - tasks.data());
    }
    runs.push_back(picked);
  }
  EXPECT_EQ(runs[0], runs[1]);
}

TEST_P(SchedulerConformance, StopsOnAWorkerThatDoesNotExist) {
  const auto scheduler = make(1);
  EXPECT_DEATH((void)scheduler->next(WorkerId{workers()}), "one of the workers");
}

// The table, and the shared object that ETUDE_SCHEDULER names, if it names one.
std::vector<Variant> variants_under_test() {
  std::vector<SchedulerEntry> rows(all_schedulers().begin(), all_schedulers().end());
  const char* const named = std::getenv("ETUDE_SCHEDULER");
  if (named != nullptr && is_plugin_path(named)) rows.push_back(find_scheduler(named));
  return all_variants(rows);
}

INSTANTIATE_TEST_SUITE_P(AllSchedulers, SchedulerConformance,
                         testing::Combine(testing::ValuesIn(variants_under_test()),
                                          testing::Values(1U, 2U, 3U, 8U, 64U)),
                         [](const auto& instance) {
                           return std::get<0>(instance.param).name + "_x" +
                                  std::to_string(std::get<1>(instance.param));
                         });

}  // namespace
}  // namespace etude
