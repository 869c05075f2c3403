// schedulers/fifo.h
//
// One queue per worker, and nothing is ever shared: the baseline, and the guide's current_thread.
// A task always runs where it belongs (home_for in schedulers/lanes.h), in order of arrival. The
// owner's queue is a plain list; what other threads submit waits in an inbox until the owner's
// next next(), and counts as arrived then.
//
// Source: the d-FCFS of the literature, e.g. Prekas et al., ZygOS, SOSP 2017,
//         doi 10.1145/3132747.3132780.

#pragma once

#include <array>
#include <atomic>

#include "schedulers/lanes.h"
#include "schedulers/mpsc_inbox.h"
#include "schedulers/parameter.h"
#include "schedulers/task_list.h"

namespace etude {

template <template <typename> class Atomic>
struct alignas(64) FifoLane {
  TaskList waiting;
  SchedulerCounters counters;
  alignas(64) MpscInbox<Atomic> inbox;
};

template <template <typename> class Atomic>
class Fifo final : public LanePolicy<Atomic, FifoLane<Atomic>> {
 public:
  static constexpr std::array<Parameter, 0> kParameters{};

  explicit Fifo(const SchedulerConfig& config) : LanePolicy<Atomic, FifoLane<Atomic>>(config) {}

  Placement submit(Task& task, WorkerId from, Origin origin) noexcept override {
    const WorkerId home = this->home_for(origin, from);
    FifoLane<Atomic>& lane = this->lane(home);
    if (home == from) {
      lane.waiting.push(task);
      lane.counters.local_submits.add();
      note_depth(lane.counters, lane.waiting.size());
    } else {
      lane.inbox.push(task);
    }
    return {.home = home, .shared = false};
  }

  Pick next(WorkerId self) noexcept override {
    FifoLane<Atomic>& lane = this->lane(self);
    if (lane.inbox.may_hold_tasks()) {
      TaskList arrivals = lane.inbox.take_all();
      lane.counters.remote_submits.add(arrivals.size());
      lane.waiting.append(arrivals);
      note_depth(lane.counters, lane.waiting.size());
    }
    Task* const task = lane.waiting.pop();
    if (task == nullptr) return {};
    lane.counters.local_takes.add();
    lane.counters.depth.set(lane.waiting.size());
    return {.task = task};
  }
};

extern template class Fifo<std::atomic>;

}  // namespace etude
