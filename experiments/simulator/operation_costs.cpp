// The part of a calibration that comes from micro-benchmarks: what one operation costs in a tight
// loop. Where caches of two cores are involved that is a lower bound, and its source says so; what
// is missing shows in the runs, and is in the cost of a migration.

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>

#include "core/failure.h"
#include "experiments/simulator/calibration.h"

namespace etude::sim {
namespace {

constexpr std::string_view kOwn = "scheduler/fifo/own_task";
constexpr std::string_view kOutside = "scheduler/fifo/task_from_outside";
constexpr std::string_view kCentral = "scheduler/shared-queue/own_task";
constexpr std::string_view kTwo = "scheduler/work-stealing/nothing_to_do/workers/2";
constexpr std::string_view kMany = "scheduler/work-stealing/nothing_to_do/workers/16";
constexpr std::string_view kSteal = "deque/steal_taken";
constexpr std::string_view kExchange = "floor/cas_uncontended";
constexpr std::string_view kSwitch = "context/there_and_back";
constexpr std::string_view kNoEvent = "floor/epoll_ready/events/0";
constexpr std::string_view kEvents = "floor/epoll_ready/events/64";
constexpr std::string_view kWrite = "floor/eventfd_write";
constexpr std::string_view kThreads = "floor/yield_one_core/real_time";
constexpr std::string_view kWake = "wake/fifo/round_trip/real_time";

constexpr std::array kNeeded{kOwn,    kOutside, kCentral, kTwo,   kMany,    kSteal, kExchange,
                             kSwitch, kNoEvent, kEvents,  kWrite, kThreads, kWake};

// Linux's default of sched_migration_cost_ns: a core that goes idle leaves a thread that ran more
// recently where it is.
constexpr double kPullAfter_ns = 500'000;

class Operations {
 public:
  explicit Operations(const MicroTimes& micro) : micro_(micro) {}

  CostsFile run() {
    queues();
    steals();
    driver();
    return std::move(file_);
  }

 private:
  void queues() {
    set("local_submit_ns", &Costs::local_submit_ns, at(kOwn) / 2, kOwn, ", half of it");
    set("local_take_ns", &Costs::local_take_ns, at(kOwn) / 2, kOwn, ", half of it");
    set("remote_submit_ns", &Costs::remote_submit_ns, at(kOutside) - at(kOwn) / 2, kOutside,
        " less the take; in one cache, so a lower bound");
    set("lock_ns", &Costs::lock_ns, at(kCentral) / 2, kCentral,
        ", half of it; in one cache, so a lower bound");
  }

  void steals() {
    set("steal_attempt_ns", &Costs::steal_attempt_ns, (at(kMany) - at(kTwo)) / 14, kMany,
        " less that of 2 workers, over 14 peers; in one cache, so a lower bound");
    set("steal_task_ns", &Costs::steal_task_ns, at(kSteal), kSteal,
        "; in one cache, so a lower bound");
    set("steal_lost_ns", &Costs::steal_lost_ns, at(kExchange), kExchange, ", a lower bound");
  }

  // A round trip is two wake-ups, each a write and the way to a thread that sleeps.
  void driver() {
    set("switch_ns", &Costs::switch_ns, at(kSwitch), kSwitch, "");
    set("poll_ns", &Costs::poll_ns, at(kNoEvent), kNoEvent, "");
    set("event_ns", &Costs::event_ns, (at(kEvents) - at(kNoEvent)) / 64, kEvents,
        " less that of 0, over 64");
    set("wake_ns", &Costs::wake_ns, at(kWrite), kWrite, ": a write that nobody waits for");
    set("wake_latency_ns", &Costs::wake_latency_ns, at(kWake) / 2 - at(kWrite), kWake,
        ", half of it, less the write");
    set("park_ns", &Costs::park_ns, at(kThreads) / 2, kThreads, ", half of it");
    file_.costs.pull_after_ns = kPullAfter_ns;
    file_.sources["pull_after_ns"] =
        "the kernel's default, sched_migration_cost_ns; not measured here";
    set("thread_switch_ns", &Costs::thread_switch_ns, at(kThreads) / 2, kThreads,
        ", half of it: each thread of two on one core lets the other run");
  }

  double at(std::string_view name) const {
    const auto found = micro_.find(std::string(name));
    if (found == micro_.end()) {
      throw Error("etude_bench", fmt::format("has no result named {}", name),
                  "build it from the same commit as etude");
    }
    return found->second;
  }

  void set(const char* name, double Costs::*member, double value, std::string_view benchmark,
           const char* how) {
    file_.costs.*member = std::max(0.0, value);
    file_.sources[name] = fmt::format("etude_bench: {}{}", benchmark, how);
  }

  const MicroTimes& micro_;
  CostsFile file_;
};

}  // namespace

std::span<const std::string_view> benchmarks_needed() { return kNeeded; }

CostsFile operation_costs(const MicroTimes& micro) { return Operations(micro).run(); }

}  // namespace etude::sim
