// Goal: every scheduler of the registry, driven as the real workers drive it, loses no task and no
// wake-up under any schedule that is tried; and what is found can be repeated.
// Method: each row and its variants under random priorities, and one small plan under all schedules
// with two preemptions. The million is for `etude explore`; here it is what a minute allows, and
// less under a sanitizer.

#include "experiments/explorer/explore.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "core/failure.h"
#include "experiments/explorer/finding_file.h"
#include "schedulers/task_list.h"
#include "tests/schedulers/variants.h"

namespace etude::explorer {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::uint64_t kSchedules = 4'000;
constexpr std::uint32_t kPreemptions = 0;
#else
constexpr std::uint64_t kSchedules = 20'000;
constexpr std::uint32_t kPreemptions = 2;
#endif

Subject subject_of(const Variant& variant) {
  return {.scheduler = variant.entry, .set = variant.set};
}

// Cores of two threads are tried with all of them.
std::vector<Variant> variants() {
  std::vector<Variant> all = all_variants(explored_schedulers());
  std::erase_if(all, [](const Variant& variant) { return variant.threads_per_core > 1; });
  return all;
}

std::string failure_of(const Exploration& result) {
  return result.finding ? result.finding->failure : "";
}

class Explore : public testing::TestWithParam<Variant> {};

TEST_P(Explore, LosesNothingUnderRandomPriorities) {
  const Exploration result =
      explore(subject_of(GetParam()), {.schedules_max = kSchedules, .workers = 3});
  EXPECT_EQ(failure_of(result), "");
  EXPECT_EQ(result.schedules, kSchedules);
}

TEST_P(Explore, LosesNothingWhenEachSubmissionWakes) {
  const Exploration result =
      explore(subject_of(GetParam()),
              {.schedules_max = kSchedules / 4, .workers = 3, .wake_policy = WakePolicy::eager});
  EXPECT_EQ(failure_of(result), "");
}

TEST_P(Explore, LosesNothingWithCoresOfTwoThreads) {
  const Exploration result =
      explore(subject_of(GetParam()),
              {.schedules_max = kSchedules / 4, .workers = 4, .threads_per_core = 2});
  EXPECT_EQ(failure_of(result), "");
}

TEST_P(Explore, LosesNothingInAnyScheduleWithinTheBound) {
  const Exploration result = explore(subject_of(GetParam()), {.search = Search::exhaustive,
                                                              .schedules_max = 4'000'000,
                                                              .workers = 2,
                                                              .tasks_max = 1,
                                                              .preemptions_max = kPreemptions});
  EXPECT_EQ(failure_of(result), "");
  EXPECT_TRUE(result.complete) << "after " << result.schedules << " schedules";
}

INSTANTIATE_TEST_SUITE_P(Schedulers, Explore, testing::ValuesIn(variants()),
                         [](const testing::TestParamInfo<Variant>& variant) {
                           return variant.param.name;
                         });

// A policy that wakes home for what only its peer would take: the second worker sleeps on.
class Misplaced final : public Scheduler {
 public:
  explicit Misplaced(const SchedulerConfig& config) : counters_(config.workers) {}
  Placement submit(Task& task, WorkerId, Origin) noexcept override {
    waiting_.push(task);
    counters_[0].local_submits.add();
    return {.home = WorkerId{0}, .shared = false};
  }
  Pick next(WorkerId self) noexcept override {
    if (self == WorkerId{0}) return {};
    Task* const task = waiting_.pop();
    if (task != nullptr) counters_[index(self)].local_takes.add();
    return {.task = task};
  }
  const SchedulerCounters& counters(WorkerId worker) const noexcept override {
    return counters_[index(worker)];
  }

 private:
  TaskList waiting_;
  std::vector<SchedulerCounters> counters_;
};

Subject misplaced() {
  Subject subject{.scheduler = explored_schedulers()[0]};
  subject.scheduler.parameters = {};
  subject.scheduler.build = [](const SchedulerConfig& config) -> std::unique_ptr<Scheduler> {
    return std::make_unique<Misplaced>(config);
  };
  return subject;
}

TEST(Finding, IsTheSameForTheSameSeedAndRepeatsEachTime) {
  const Subject subject = misplaced();
  const Exploration first = explore(subject, {.schedules_max = 1'000, .seed = 5});
  const Exploration second = explore(subject, {.schedules_max = 1'000, .seed = 5});
  ASSERT_TRUE(first.finding.has_value());
  ASSERT_TRUE(second.finding.has_value());
  EXPECT_NE(first.finding->failure.find("a wake-up was lost"), std::string::npos);
  EXPECT_EQ(first.finding->choices, second.finding->choices);
  for (int time = 0; time < 100; ++time) {
    ASSERT_EQ(replay(subject, *first.finding), first.finding->failure);
  }
}

TEST(Finding, ComesBackFromItsFile) {
  const Subject subject = misplaced();
  const Exploration result = explore(subject, {.schedules_max = 1'000});
  ASSERT_TRUE(result.finding.has_value());
  const std::string path = testing::TempDir() + "etude_finding.json";
  write_finding(path, subject, *result.finding);
  const StoredFinding stored = read_finding(path);
  std::remove(path.c_str());
  EXPECT_EQ(stored.subject.scheduler.name, subject.scheduler.name);
  EXPECT_EQ(stored.finding.choices, result.finding->choices);
  EXPECT_EQ(replay(subject, stored.finding), result.finding->failure);
}

TEST(Finding, OfAFileThatIsNoneIsAMistakeOfTheUser) {
  EXPECT_THROW(read_finding("no/such/file.json"), Error);
}

}  // namespace
}  // namespace etude::explorer
