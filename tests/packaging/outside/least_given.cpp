// A scheduler from outside the tree: each task goes to the worker that was given the fewest so far,
// and stays there. Built against an installed Etude, by install_test.py.

#include <algorithm>
#include <array>
#include <atomic>

#include "core/failure.h"
#include "schedulers/inbox_lane.h"
#include "schedulers/parameter.h"
#include "schedulers/plugin.h"

namespace etude {

template <template <typename> class Atomic>
struct Lane : InboxLane<Atomic> {
  Atomic<std::uint64_t> given{0};  // relaxed throughout: a hint
};

template <template <typename> class Atomic>
class LeastGiven final : public LanePolicy<Atomic, Lane<Atomic>> {
 public:
  static constexpr auto kParameters = std::to_array<Parameter>(
      {{.name = "probes", .help = "workers compared", .default_value = "4", .min = 1, .max = 64}});

  explicit LeastGiven(const SchedulerConfig& config)
      : LanePolicy<Atomic, Lane<Atomic>>(config),
        probes_(std::min(number_setting(config, kParameters, "probes"), config.workers)) {
    require(probes_ > 0, "a task needs a worker to go to");
  }

  Placement submit(Task& task, WorkerId from, Origin /*origin*/) noexcept override {
    const std::uint32_t first = turn_.fetch_add(1, std::memory_order_relaxed);
    WorkerId best{first % this->workers()};
    for (std::uint32_t i = 1; i < probes_; ++i) {
      const WorkerId other{(first + i) % this->workers()};
      if (given(other) < given(best)) best = other;
    }
    this->lane(best).given.fetch_add(1, std::memory_order_relaxed);
    this->lane(best).put(task, best == from ? Hand::owner : Hand::other);
    return {.home = best, .shared = false};
  }

  Pick next(WorkerId self) noexcept override { return {.task = this->lane(self).take()}; }

 private:
  std::uint64_t given(WorkerId worker) noexcept {
    return this->lane(worker).given.load(std::memory_order_relaxed);
  }

  std::uint32_t probes_;
  Atomic<std::uint32_t> turn_{0};
};

}  // namespace etude

extern "C" const etude::SchedulerPlugin* etude_scheduler_plugin() {
  static constexpr etude::SchedulerPlugin plugin{
      .row =
          etude::scheduler_row<etude::LeastGiven, std::atomic>("least-given", "the least given")};
  return &plugin;
}
