// experiments/explorer/crew.h
//
// The program that is explored: virtual workers that drive a real scheduler and the real parking
// protocol as core/runtime/worker.h does on real threads, and others that submit from outside and
// make sockets ready. What must hold, at each rest and at the end:
//   no task is lost, and none is given out twice or while it still runs;
//   no worker sleeps unnotified while a task waits that it may take;
//   a worker is rung at most once for each time it announced that it will sleep;
//   next() is bounded, in accesses and in probes of peers; the counters add up;
//   the parking protocol would still wake somebody for the next task.
// "At each rest": a task may hold its worker, like a long handler, until nobody else can go on.
//
// Threads:   0 .. workers - 1 are the workers; then submitters; then one that makes sockets ready.
// Ownership: the scheduler is made anew for each schedule.

#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "core/runtime/parking.h"
#include "core/scheduler.h"
#include "experiments/explorer/atomic.h"
#include "experiments/explorer/machine.h"

namespace etude::explorer {

// What one task does each time it runs, and where it comes from.
struct TaskPlan {
  std::uint32_t parent = kNone;     // the task that spawns it; kNone: it comes from outside
  std::uint32_t submitter = kNone;  // which outside thread submits it; kNone: its socket is ready
  std::uint32_t home = 0;           // the worker whose socket it waits at; none if it is spawned
  std::uint32_t yields = 0;         // times it gives way before it ends
  bool holds = false;               // its first run lasts until all else is at rest

  static constexpr std::uint32_t kNone = 0xffff'ffffU;
};

struct CrewPlan {
  std::uint32_t workers = 2;
  std::uint32_t submitters = 1;
  std::uint32_t threads_per_core = 1;
  std::uint32_t search_rounds = 1;
  std::uint64_t seed = 1;  // the scheduler's
  WakePolicy wake_policy = WakePolicy::throttled;
  std::vector<TaskPlan> tasks;
};

// Small and different for each seed: up to `tasks_max` tasks of all kinds.
CrewPlan random_plan(std::uint32_t workers, std::uint32_t tasks_max, std::uint64_t seed);

class Crew final : public Program {
 public:
  using MakeScheduler = std::function<std::unique_ptr<Scheduler>(const CrewPlan&)>;

  explicit Crew(MakeScheduler make) : make_(std::move(make)) {}

  // Before each schedule that differs in more than its choices.
  void set_plan(CrewPlan plan) { plan_ = std::move(plan); }
  const CrewPlan& plan() const noexcept { return plan_; }

  // Program
  std::uint32_t thread_count() const noexcept override {
    return plan_.workers + plan_.submitters + 1;
  }
  void set_up(Machine& machine) override;
  void run_thread(std::uint32_t thread) override;
  Rest at_rest() override;

 private:
  enum class State : std::uint8_t { absent, waiting, running, done };

  struct VirtualTask : Task {
    State state = State::absent;
    std::uint32_t runs = 0;
    std::uint32_t submits = 0;
    Placement placement{};
    WorkerId last_ran = kNoWorker;
    bool saved = true;  // its context: false from when it runs to when it is left
    bool held = false;
    Gate release;
  };
  struct VirtualWorker {
    Gate doorbell;
    std::vector<std::uint32_t> sockets;  // tasks whose socket is ready, not yet taken in
    std::uint32_t announces = 0;
    std::uint32_t rings = 0;
    bool asleep = false;
    bool had_more = false;
  };

  void work(WorkerId self);
  bool carry_next(WorkerId self);
  bool take(WorkerId self, Pick pick);
  bool search(WorkerId self);
  bool park(WorkerId self);  // false: the schedule is over
  void take_in(WorkerId self);
  Pick next(WorkerId self);
  void run_task(WorkerId self, VirtualTask& task);
  Placement submit(VirtualTask& task, WorkerId from, Origin origin);
  void wake(WorkerId sleeper);
  void make_sockets_ready();

  void check_sleepers();
  bool may_take(WorkerId worker, Placement placement) const noexcept;
  void report_lost_wake_up(WorkerId sleeper, const VirtualTask& task);
  bool release_holders();
  void check_end();
  void check_counters();

  std::uint32_t number_of(const VirtualTask& task) const noexcept {
    return static_cast<std::uint32_t>(&task - tasks_.data());
  }

  MakeScheduler make_;
  CrewPlan plan_;
  Machine* machine_ = nullptr;
  std::unique_ptr<Scheduler> scheduler_;
  std::optional<Parking<Atomic>> parking_;
  std::vector<VirtualTask> tasks_;
  std::vector<VirtualWorker> workers_;
  std::uint64_t submits_ = 0;
  std::uint64_t takes_ = 0;
};

}  // namespace etude::explorer
