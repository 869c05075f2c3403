// tests/schedulers/observed.h
//
// A scheduler under observation: passes calls on and checks, after each, every promise of
// core/scheduler.h that can be seen from outside. Failures are GoogleTest failures.
//
// Threads: one.

#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "core/scheduler.h"
#include "tests/support/counting_new.h"

namespace etude {

class Observed {
 public:
  Observed(std::unique_ptr<Scheduler> scheduler, std::uint32_t workers)
      : scheduler_(std::move(scheduler)), workers_(workers), offered_(workers), strayed_(workers) {}

  Placement submit(Task& task, WorkerId from, Origin origin = Origin::spawn()) {
    const std::uint64_t allocations = allocations_so_far();
    const Placement where = scheduler_->submit(task, from, origin);
    EXPECT_EQ(allocations_so_far(), allocations) << "submit() allocated";
    EXPECT_TRUE(waiting_.emplace(&task, where).second) << "the test submitted a waiting task";
    EXPECT_TRUE(where.shared || where.home != kNoWorker) << "a private task has a home";
    if (where.offered > 0) {
      EXPECT_EQ(where.home, from) << "a worker offers what was its own";
      offered_[index(from)] += where.offered;
    }
    return where;
  }

  Task* next(WorkerId self) {
    const std::uint64_t probes = scheduler_->counters(self).steal_attempts.value();
    const std::uint64_t allocations = allocations_so_far();
    const Pick pick = scheduler_->next(self);
    EXPECT_EQ(allocations_so_far(), allocations) << "next() allocated";
    EXPECT_LE(scheduler_->counters(self).steal_attempts.value() - probes, workers_ - 1)
        << "more than one probe per other worker";
    offered_[index(self)] += pick.offered;
    EXPECT_EQ(scheduler_->counters(self).offered.value(), offered_[index(self)]);
    if (pick.task != nullptr) {
      check_taken(self, *pick.task);
    } else {
      check_empty(self);
    }
    return pick.task;
  }

  // Sums over all workers what went in and out, and compares (core/counters.h, "The balance").
  // Requires: nothing waits.
  void check_balance_when_empty(std::uint64_t submitted) {
    ASSERT_TRUE(waiting_.empty());
    std::uint64_t in = 0;
    std::uint64_t out = 0;
    for (std::uint32_t w = 0; w < workers_; ++w) {
      const SchedulerCounters& row = scheduler_->counters(WorkerId{w});
      in += row.local_submits.value() + row.remote_submits.value();
      out += row.local_takes.value() + row.steal_successes.value();
      EXPECT_GE(row.steal_tasks.value(), row.steal_successes.value());
      EXPECT_GE(row.steal_attempts.value(), row.steal_successes.value());
      EXPECT_GE(row.depth_max.value(), row.depth.value());
    }
    EXPECT_EQ(in, submitted);
    EXPECT_EQ(out, submitted);
  }

  std::size_t waiting_count() const noexcept { return waiting_.size(); }
  Scheduler& scheduler() noexcept { return *scheduler_; }

  // Is `self` promised the task that was placed `where`?
  bool reaches(Placement where, WorkerId self) const {
    if (!where.shared) return where.home == self;
    const std::uint32_t domain = scheduler_->domain_workers();
    if (domain == 0 || where.home == kNoWorker) return true;
    return index(where.home) / domain == index(self) / domain;
  }
  bool promised_to(const Task& task, WorkerId self) const {
    return reaches(waiting_.at(&task), self);
  }
  std::size_t promised_to(WorkerId self) const {
    std::size_t count = 0;
    for (const auto& [task, where] : waiting_)
      if (reaches(where, self)) ++count;
    return count;
  }

 private:
  void check_taken(WorkerId self, const Task& task) {
    const auto found = waiting_.find(&task);
    ASSERT_NE(found, waiting_.end()) << "returned a task that does not wait: doubled, or made up";
    const Placement where = found->second;
    waiting_.erase(found);
    if (where.shared) {
      EXPECT_TRUE(reaches(where, self)) << "a shared task left its domain";
    } else if (where.home != self) {
      // Its home must have offered it meanwhile; which ones it offered cannot be seen.
      EXPECT_LE(++strayed_[index(where.home)], offered_[index(where.home)])
          << "worker " << index(self) << " got a private task of worker " << index(where.home);
    }
  }

  void check_empty(WorkerId self) {
    EXPECT_EQ(promised_to(self), 0U)
        << "next(" << index(self) << ") was empty while tasks that it may take wait";
  }

  std::unique_ptr<Scheduler> scheduler_;
  std::uint32_t workers_;
  std::map<const Task*, Placement> waiting_;
  std::vector<std::uint64_t> offered_;  // by each worker, in all
  std::vector<std::uint64_t> strayed_;  // private tasks of each worker that others got
};

}  // namespace etude
