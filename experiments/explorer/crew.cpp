#include "experiments/explorer/crew.h"

#include <fmt/format.h>

#include <utility>

namespace etude::explorer {

void Crew::set_up(Machine& machine) {
  machine_ = &machine;
  scheduler_ = make_(plan_);
  require(scheduler_ != nullptr, "there is a scheduler to explore");
  parking_.emplace(ParkingConfig{.workers = plan_.workers,
                                 .wake_policy = plan_.wake_policy,
                                 .domain_workers = scheduler_->domain_workers()});
  tasks_ = std::vector<VirtualTask>(plan_.tasks.size());
  workers_ = std::vector<VirtualWorker>(plan_.workers);
  submits_ = 0;
  takes_ = 0;
}

void Crew::run_thread(std::uint32_t thread) {
  if (thread < plan_.workers) return work(WorkerId{thread});
  const std::uint32_t submitter = thread - plan_.workers;
  if (submitter == plan_.submitters) return make_sockets_ready();
  for (VirtualTask& task : tasks_) {
    if (plan_.tasks[number_of(task)].submitter != submitter) continue;
    wake(parking_->wake_for(submit(task, kNoWorker, Origin::remote()), kNoWorker));
  }
}

// As Worker::run(), with as few fibers between two looks as makes both ways through it likely.
void Crew::work(WorkerId self) {
  constexpr std::uint32_t kPollEvery = 2;
  for (;;) {
    std::uint32_t carried = 0;
    while (carried < kPollEvery && carry_next(self)) ++carried;
    workers_[index(self)].had_more = carried == kPollEvery;
    if (workers_[index(self)].had_more) {
      take_in(self);
    } else if (!search(self)) {
      if (!park(self)) return;
    }
  }
}

bool Crew::carry_next(WorkerId self) { return take(self, next(self)); }

bool Crew::take(WorkerId self, Pick pick) {
  if (pick.task == nullptr) return false;
  wake(parking_->stop_search(self, true));
  if (pick.offered > 0) wake(parking_->wake_for({.home = self, .shared = true}, self));
  run_task(self, static_cast<VirtualTask&>(*pick.task));
  return true;
}

bool Crew::search(WorkerId self) {
  if (!parking_->start_search(self)) return false;
  for (std::uint32_t round = 0; round < plan_.search_rounds; ++round) {
    if (carry_next(self)) return true;
  }
  wake(parking_->stop_search(self, false));
  return false;
}

bool Crew::park(WorkerId self) {
  VirtualWorker& worker = workers_[index(self)];
  ++worker.announces;
  parking_->announce(self);
  if (const Pick pick = next(self); pick.task != nullptr) {
    parking_->retract(self);
    take(self, pick);
    return true;
  }
  if (parking_->commit_sleep(self)) {
    worker.asleep = true;
    if (!machine_->wait(worker.doorbell)) return false;
    worker.asleep = false;
  }
  parking_->awake(self);
  take_in(self);
  return true;
}

// As Worker::take_in().
void Crew::take_in(WorkerId self) {
  VirtualWorker& worker = workers_[index(self)];
  const std::vector<std::uint32_t> ready = std::exchange(worker.sockets, {});
  const bool eager = plan_.wake_policy == WakePolicy::eager;
  std::uint32_t shared_count = 0;
  for (const std::uint32_t number : ready) {
    const Placement placement =
        submit(tasks_[number], self, Origin::io(self, tasks_[number].last_ran));
    if (placement.shared) ++shared_count;
    if (eager || !placement.shared) wake(parking_->wake_for(placement, self));
  }
  const bool keeps_it = shared_count == 1 && !worker.had_more;
  if (!eager && shared_count > 0 && !keeps_it) {
    wake(parking_->wake_for({.home = self, .shared = true}, self));
  }
}

Pick Crew::next(WorkerId self) {
  const std::uint64_t accesses = machine_->accesses();
  const std::uint64_t probes = scheduler_->counters(self).steal_attempts.value();
  const Pick pick = scheduler_->next(self);
  // Chosen by hand: some accesses for each task that each peer may have, and some for the way.
  const std::uint64_t accesses_max = 40 + 16 * plan_.workers * (1 + tasks_.size());
  if (machine_->accesses() - accesses > accesses_max) {
    machine_->fail(fmt::format("next({}) took {} accesses, more than {}", index(self),
                               machine_->accesses() - accesses, accesses_max));
  }
  const std::uint64_t probed = scheduler_->counters(self).steal_attempts.value() - probes;
  if (probed >= plan_.workers) {
    machine_->fail(fmt::format("next({}) probed its peers {} times", index(self), probed));
  }
  if (pick.task == nullptr) return pick;
  ++takes_;
  VirtualTask& task = static_cast<VirtualTask&>(*pick.task);
  if (task.state != State::waiting) {
    machine_->fail(fmt::format("task {} is doubled: next({}) gave it out again", number_of(task),
                               index(self)));
  }
  if (!task.saved) {
    machine_->fail(fmt::format("next({}) gave out task {}, whose context is not saved", index(self),
                               number_of(task)));
  }
  task.state = State::running;
  return pick;
}

void Crew::run_task(WorkerId self, VirtualTask& task) {
  const TaskPlan& plan = plan_.tasks[number_of(task)];
  task.last_ran = self;
  task.saved = false;
  if (task.runs++ == 0) {
    for (VirtualTask& child : tasks_) {
      if (plan_.tasks[number_of(child)].parent != number_of(task)) continue;
      wake(parking_->wake_for(submit(child, self, Origin::spawn()), self));
    }
    if (plan.holds) {
      task.held = true;
      if (!machine_->wait(task.release)) return;
      task.held = false;
    }
  }
  if (task.runs > plan.yields) {
    task.state = State::done;
    return;
  }
  const WorkerId home = plan.submitter == TaskPlan::kNone && plan.parent == TaskPlan::kNone
                            ? WorkerId{plan.home}
                            : kNoWorker;
  task.saved = true;  // the switch away from it, which comes before it is submitted
  const Placement placement = submit(task, self, Origin::yield(home, self));
  wake(parking_->wake_for(placement, self));
}

Placement Crew::submit(VirtualTask& task, WorkerId from, Origin origin) {
  task.state = State::waiting;
  ++submits_;
  const std::uint32_t submits = ++task.submits;
  const Placement placement = scheduler_->submit(task, from, origin);
  // By now it may have run and have been submitted once more.
  if (task.submits == submits) task.placement = placement;
  return placement;
}

void Crew::wake(WorkerId sleeper) {
  if (sleeper == kNoWorker) return;
  VirtualWorker& worker = workers_[index(sleeper)];
  if (++worker.rings > worker.announces) {
    machine_->fail(fmt::format("worker {} was rung {} times, but announced only {}", index(sleeper),
                               worker.rings, worker.announces));
  }
  machine_->open(worker.doorbell);
}

// The kernel: a ready socket ends the sleep of its home, whatever the parking protocol thinks.
void Crew::make_sockets_ready() {
  for (VirtualTask& task : tasks_) {
    const TaskPlan& plan = plan_.tasks[number_of(task)];
    if (plan.submitter != TaskPlan::kNone || plan.parent != TaskPlan::kNone) continue;
    workers_[plan.home].sockets.push_back(number_of(task));
    machine_->open(workers_[plan.home].doorbell);
  }
}

Program::Rest Crew::at_rest() {
  check_sleepers();
  if (release_holders()) return Rest::go_on;
  check_end();
  return Rest::done;
}

bool Crew::release_holders() {
  bool any = false;
  for (VirtualTask& task : tasks_) {
    if (!task.held) continue;
    machine_->open(task.release);
    any = true;
  }
  return any;
}

// First by what submit() said about each task, then by what next() would give: all others wait, so
// a sleeper may be asked in their stead.
void Crew::check_sleepers() {
  for (std::uint32_t worker = 0; worker < plan_.workers; ++worker) {
    if (!workers_[worker].asleep) continue;
    for (const VirtualTask& task : tasks_) {
      if (task.state == State::waiting && may_take(WorkerId{worker}, task.placement)) {
        return report_lost_wake_up(WorkerId{worker}, task);
      }
    }
    const Pick pick = scheduler_->next(WorkerId{worker});
    if (pick.task == nullptr) continue;
    return report_lost_wake_up(WorkerId{worker}, static_cast<VirtualTask&>(*pick.task));
  }
}

bool Crew::may_take(WorkerId worker, Placement placement) const noexcept {
  if (!placement.shared) return placement.home == worker;
  const std::uint32_t domain = scheduler_->domain_workers();
  if (domain == 0 || placement.home == kNoWorker) return true;
  return index(worker) / domain == index(placement.home) / domain;
}

void Crew::report_lost_wake_up(WorkerId sleeper, const VirtualTask& task) {
  machine_->report(
      fmt::format("a wake-up was lost: worker {} sleeps while task {} waits that it may take",
                  index(sleeper), number_of(task)));
}

void Crew::check_end() {
  for (const VirtualTask& task : tasks_) {
    if (task.state == State::done) continue;
    return machine_->report(
        fmt::format("task {} is lost: at the end it is {}", number_of(task),
                    task.state == State::waiting ? "still waiting" : "not even submitted"));
  }
  check_counters();
  const std::uint32_t domain = scheduler_->domain_workers();
  for (std::uint32_t first = 0; first < plan_.workers;
       first += domain == 0 ? plan_.workers : domain) {
    const Placement where{.home = WorkerId{first}, .shared = true};
    if (parking_->wake_for(where, kNoWorker) == kNoWorker) {
      return machine_->report("all sleep, and the next task would wake nobody");
    }
  }
}

void Crew::check_counters() {
  std::uint64_t submits = 0;
  std::uint64_t takes = 0;
  for (std::uint32_t worker = 0; worker < plan_.workers; ++worker) {
    const SchedulerCounters& counters = scheduler_->counters(WorkerId{worker});
    submits += counters.local_submits.value() + counters.remote_submits.value();
    takes += counters.local_takes.value() + counters.steal_successes.value();
  }
  if (submits != submits_) {
    return machine_->report(
        fmt::format("counters tell of {} submissions, not {}", submits, submits_));
  }
  if (takes != takes_) {
    machine_->report(fmt::format("counters tell of {} tasks taken, not {}", takes, takes_));
  }
}

}  // namespace etude::explorer
