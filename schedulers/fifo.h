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

#include "schedulers/inbox_lane.h"
#include "schedulers/lanes.h"
#include "schedulers/parameter.h"

namespace etude {

template <template <typename> class Atomic>
class Fifo final : public LanePolicy<Atomic, InboxLane<Atomic>> {
 public:
  static constexpr std::array<Parameter, 0> kParameters{};

  explicit Fifo(const SchedulerConfig& config) : LanePolicy<Atomic, InboxLane<Atomic>>(config) {}

  Placement submit(Task& task, WorkerId from, Origin origin) noexcept override {
    const WorkerId home = this->home_for(origin, from);
    this->lane(home).put(task, home == from ? Hand::owner : Hand::other);
    return {.home = home, .shared = false};
  }

  Pick next(WorkerId self) noexcept override { return {.task = this->lane(self).take()}; }
};

extern template class Fifo<std::atomic>;

}  // namespace etude
