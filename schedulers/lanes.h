// schedulers/lanes.h
//
// What most policies have in common, so that each is only its own idea: one Lane per worker (its
// queues, its counters), and a home for tasks that come from outside.
//
// Threads: lane() and home_for() from any; what a lane's parts allow is theirs to say.
// Errors:  a WorkerId that is none of the workers stops the process.

#pragma once

#include <atomic>
#include <concepts>
#include <cstdint>
#include <memory>
#include <vector>

#include "core/failure.h"
#include "core/scheduler.h"
#include "core/types.h"

namespace etude {

// A Scheduler with a Lane per worker. A Lane has a member `SchedulerCounters counters`, and is
// built from (config, worker) or from nothing. Mark it alignas(64): workers must not share its
// lines.
template <template <typename> class Atomic, typename Lane>
class LanePolicy : public Scheduler {
 public:
  const SchedulerCounters& counters(WorkerId w) const noexcept final { return lane(w).counters; }

 protected:
  explicit LanePolicy(const SchedulerConfig& config) {
    for (std::uint32_t w = 0; w < config.workers; ++w) {
      if constexpr (std::constructible_from<Lane, const SchedulerConfig&, WorkerId>) {
        lanes_.push_back(std::make_unique<Lane>(config, WorkerId{w}));
      } else {
        lanes_.push_back(std::make_unique<Lane>());
      }
    }
  }

  std::uint32_t workers() const noexcept { return static_cast<std::uint32_t>(lanes_.size()); }

  Lane& lane(WorkerId w) noexcept {
    require(index(w) < lanes_.size(), "the WorkerId is one of the workers");
    return *lanes_[index(w)];
  }
  const Lane& lane(WorkerId w) const noexcept {
    require(index(w) < lanes_.size(), "the WorkerId is one of the workers");
    return *lanes_[index(w)];
  }

  // Where a task belongs: its I/O home, else where it last ran, else `otherwise`, else the workers
  // in turn.
  WorkerId home_for(Origin origin, WorkerId otherwise) noexcept {
    if (origin.home != kNoWorker) return origin.home;
    if (origin.last_ran != kNoWorker) return origin.last_ran;
    if (otherwise != kNoWorker) return otherwise;
    // relaxed: any spread will do; nothing else depends on it.
    return WorkerId{turn_.fetch_add(1, std::memory_order_relaxed) % workers()};
  }

 private:
  std::vector<std::unique_ptr<Lane>> lanes_;
  alignas(64) Atomic<std::uint32_t> turn_{0};
};

// Owner only: how many tasks wait with the worker of this row now.
inline void note_depth(SchedulerCounters& counters, std::uint64_t depth) noexcept {
  counters.depth.set(depth);
  counters.depth_max.raise_to(depth);
}

}  // namespace etude
