// What it costs to give a task to a worker that sleeps: the scheduler, the parking protocol and
// eventfds as doorbells, without fibers and sockets. floor/eventfd_round_trip is the floor: what
// lies above it is scheduler and protocol. The giver is no worker, for some policies let a worker
// keep what it makes runnable; the second worker is there to be probed, and has no thread.

#include <benchmark/benchmark.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>

#include "core/failure.h"
#include "core/runtime/parking.h"
#include "core/scheduler.h"
#include "experiments/microbench/benchmarks.h"
#include "schedulers/registry.h"

namespace etude::bench {
namespace {

constexpr WorkerId kTaker{1};
constexpr Origin kForTaker{.kind = Origin::Kind::remote, .home = kTaker};

class Pair {
 public:
  explicit Pair(const SchedulerEntry& entry)
      : scheduler_(entry.make({.workers = 2, .tasks_max = 2, .seed = 1})),
        parking_({.workers = 2, .domain_workers = scheduler_->domain_workers()}),
        doorbell_(::eventfd(0, EFD_CLOEXEC)),
        answer_(::eventfd(0, EFD_CLOEXEC)),
        taker_([this] { take_all(); }) {
    require(doorbell_ >= 0, "there is an eventfd left");
    require(answer_ >= 0, "there is an eventfd left");
  }

  ~Pair() {
    give(last_);
    taker_.join();
    ::close(doorbell_);
    ::close(answer_);
  }
  Pair(const Pair&) = delete;
  Pair& operator=(const Pair&) = delete;

  void round_trip() {
    give(task_);
    wait(answer_);
  }

 private:
  void give(Task& task) {
    ring_for(parking_.wake_for(scheduler_->submit(task, kNoWorker, kForTaker), kNoWorker));
  }

  // The loop that core/runtime/parking.h prescribes, without the parts for more than one sleeper.
  void take_all() {
    for (;;) {
      Task* task = scheduler_->next(kTaker).task;
      if (task == nullptr) {
        ring_for(parking_.stop_search(kTaker, false));
        parking_.announce(kTaker);
        task = scheduler_->next(kTaker).task;
        if (task != nullptr) {
          parking_.retract(kTaker);
        } else {
          if (parking_.commit_sleep(kTaker)) wait(doorbell_);
          parking_.awake(kTaker);
          continue;
        }
      }
      ring_for(parking_.stop_search(kTaker, true));
      if (task == &last_) return;
      require(::eventfd_write(answer_, 1) == 0, "an eventfd can be rung");
    }
  }

  // Only the taker ever sleeps here.
  void ring_for(WorkerId sleeper) {
    if (sleeper == kNoWorker) return;
    require(::eventfd_write(doorbell_, 1) == 0, "an eventfd can be rung");
  }

  static void wait(int bell) {
    eventfd_t rings = 0;
    require(::eventfd_read(bell, &rings) == 0, "an eventfd can be waited for");
  }

  std::unique_ptr<Scheduler> scheduler_;
  Parking<std::atomic> parking_;
  int doorbell_;
  int answer_;
  Task task_;
  Task last_;  // ends the taker
  std::thread taker_;
};

void submit_wake_answer(benchmark::State& state, const SchedulerEntry& entry) {
  Pair pair(entry);
  for (auto _ : state) pair.round_trip();
}

}  // namespace

void add_wake_benchmarks() {
  for (const SchedulerEntry& entry : all_schedulers()) {
    const std::string name = "wake/" + std::string(entry.name) + "/round_trip";
    benchmark::RegisterBenchmark(name.c_str(), submit_wake_answer, entry)->UseRealTime();
  }
}

}  // namespace etude::bench
