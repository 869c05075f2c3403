// schedulers/shared_queue.h
//
// One central queue for all workers, in order of arrival: nobody idles while a task waits, and
// everybody pays for one lock. The control that shows what sharing is worth.
//
// Source: the c-FCFS of the literature, e.g. Prekas et al., ZygOS, SOSP 2017,
//         doi 10.1145/3132747.3132780.

#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <mutex>

#include "schedulers/lanes.h"
#include "schedulers/parameter.h"
#include "schedulers/spin_lock.h"
#include "schedulers/task_list.h"

namespace etude {

struct alignas(64) SharedQueueLane {
  SchedulerCounters counters;
};

template <template <typename> class Atomic>
class SharedQueue final : public LanePolicy<Atomic, SharedQueueLane> {
 public:
  static constexpr std::array<Parameter, 0> kParameters{};

  explicit SharedQueue(const SchedulerConfig& config)
      : LanePolicy<Atomic, SharedQueueLane>(config) {}

  Placement submit(Task& task, WorkerId from, Origin /*origin*/) noexcept override {
    std::uint32_t depth = 0;
    {
      const std::scoped_lock hold(lock_);
      waiting_.push(task);
      depth = waiting_.size();
      depth_.store(depth, std::memory_order_relaxed);  // relaxed: next() says what it is good for
      if (from == kNoWorker) ++uncounted_;
    }
    if (from != kNoWorker) {
      SchedulerCounters& counters = this->lane(from).counters;
      counters.local_submits.add();
      note_depth(counters, depth);
    }
    return {.home = kNoWorker, .shared = true};
  }

  Pick next(WorkerId self) noexcept override {
    SchedulerCounters& counters = this->lane(self).counters;
    // Idle workers look without the lock. relaxed: nothing is read through it. It need not be newer
    // than what happened before this call; core/runtime/parking.h puts what it must not miss there.
    if (depth_.load(std::memory_order_relaxed) == 0) {
      counters.depth.set(0);
      return {};
    }
    Pick pick;
    std::uint32_t depth = 0;
    std::uint32_t found = 0;
    {
      const std::scoped_lock hold(lock_);
      pick.task = waiting_.pop();
      depth = waiting_.size();
      depth_.store(depth, std::memory_order_relaxed);
      found = uncounted_;
      uncounted_ = 0;
    }
    counters.remote_submits.add(found);
    if (pick.task != nullptr) counters.local_takes.add();
    note_depth(counters, depth);
    return pick;
  }

 private:
  alignas(64) SpinLock<Atomic> lock_;
  TaskList waiting_;             // guarded by lock_
  std::uint32_t uncounted_ = 0;  // guarded by lock_: submitted by no worker, and in no row yet
  alignas(64) Atomic<std::uint32_t> depth_{0};  // of waiting_; written under lock_
};

extern template class SharedQueue<std::atomic>;

}  // namespace etude
