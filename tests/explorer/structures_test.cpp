// Goal: the deque and the inbox lose and double nothing under any schedule with up to three
// preemptions, with store buffers; and the explorer does come to the end of all of them.
// Method: the smallest programs in which owner, thieves, producers and takers can all meet.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <array>
#include <optional>

#include "core/task.h"
#include "experiments/explorer/atomic.h"
#include "experiments/explorer/machine.h"
#include "experiments/explorer/strategies.h"
#include "schedulers/chase_lev_deque.h"
#include "schedulers/mpsc_inbox.h"

namespace etude::explorer {
namespace {

constexpr std::uint32_t kTasks = 3;

// Tasks, and how often each was taken.
class Structure : public Program {
 public:
  void set_up(Machine& machine) override {
    machine_ = &machine;
    taken_.fill(0);
    tasks_ = {};
    begin();
  }
  Rest at_rest() override {
    take_the_rest();
    for (std::uint32_t i = 0; i < kTasks; ++i) {
      if (taken_[i] != 1) machine_->report(fmt::format("task {} was taken {} times", i, taken_[i]));
    }
    return Rest::done;
  }

 protected:
  virtual void begin() = 0;
  virtual void take_the_rest() = 0;
  void took(const Task* task) {
    if (task != nullptr) ++taken_[static_cast<std::size_t>(task - tasks_.data())];
  }

  Machine* machine_ = nullptr;
  std::array<Task, kTasks> tasks_{};
  std::array<int, kTasks> taken_{};
};

// An owner that pushes and pops at a capacity that makes it use its slots again, and two thieves.
class DequeProgram final : public Structure {
 public:
  std::uint32_t thread_count() const noexcept override { return 3; }
  void run_thread(std::uint32_t thread) override {
    if (thread != 0) return steal();
    deque_->push(tasks_[0]);
    deque_->push(tasks_[1]);
    took(deque_->pop());
    deque_->push(tasks_[2]);
    took(deque_->pop());
    took(deque_->pop());
  }

 private:
  void begin() override { deque_.emplace(2); }
  void take_the_rest() override {
    while (Task* const task = deque_->pop()) took(task);
  }
  void steal() {
    Task* task = nullptr;
    if (deque_->steal(task) == StealResult::taken) took(task);
  }

  std::optional<ChaseLevDeque<Task, Atomic>> deque_;
};

// Two producers, the usual taker and one more.
class InboxProgram final : public Structure {
 public:
  std::uint32_t thread_count() const noexcept override { return 4; }
  void run_thread(std::uint32_t thread) override {
    if (thread == 0) {
      inbox_->push(tasks_[0]);
      inbox_->push(tasks_[1]);
    } else if (thread == 1) {
      inbox_->push(tasks_[2]);
    } else {
      take_all();
    }
  }

 private:
  void begin() override { inbox_.emplace(); }
  void take_the_rest() override { take_all(); }
  void take_all() {
    if (!inbox_->may_hold_tasks()) return;
    TaskList list = inbox_->take_all();
    bool second_came = false;
    while (Task* const task = list.pop()) {
      if (task == &tasks_[0] && second_came) machine_->report("one producer's order is lost");
      second_came = second_came || task == &tasks_[1];
      took(task);
    }
  }

  std::optional<MpscInbox<Atomic>> inbox_;
};

class Structures : public testing::TestWithParam<std::uint32_t> {
 protected:
  static void explore_all(Program& program) {
    Machine machine(Memory::tso);
    BoundedSearch search(GetParam());
    std::uint64_t schedules = 0;
    while (search.next_schedule()) {
      const Outcome& outcome = machine.run(program, search);
      ASSERT_EQ(outcome.failure, "") << "in schedule " << schedules;
      ++schedules;
    }
    EXPECT_GT(schedules, 100U);
    RecordProperty("schedules", std::to_string(schedules));
  }
};

TEST_P(Structures, TheDequeGivesOutEachTaskOnce) {
  DequeProgram program;
  explore_all(program);
}

TEST_P(Structures, TheInboxGivesOutEachTaskOnce) {
  InboxProgram program;
  explore_all(program);
}

INSTANTIATE_TEST_SUITE_P(Preemptions, Structures, testing::Values(2U, 3U));

}  // namespace
}  // namespace etude::explorer
