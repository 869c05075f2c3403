#include "schedulers/mpsc_inbox.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "tests/schedulers/hooked_atomic.h"

namespace etude {
namespace {

TEST(MpscInbox, GivesBackAllTasksOldestFirst) {
  MpscInbox<std::atomic> inbox;
  EXPECT_FALSE(inbox.may_hold_tasks());
  EXPECT_TRUE(inbox.take_all().empty());

  Task tasks[3];
  for (Task& task : tasks) inbox.push(task);
  EXPECT_TRUE(inbox.may_hold_tasks());
  TaskList all = inbox.take_all();
  EXPECT_EQ(all.size(), 3U);
  for (Task& task : tasks) EXPECT_EQ(all.pop(), &task);
  EXPECT_EQ(all.pop(), nullptr);
  EXPECT_FALSE(inbox.may_hold_tasks());
}

TEST(MpscInbox, APushThatIsOvertakenComesSecond) {
  MpscInbox<HookedAtomic> inbox;
  Task slow;
  Task fast;
  before_next_exchange = [&] { inbox.push(fast); };
  inbox.push(slow);
  TaskList all = inbox.take_all();
  EXPECT_EQ(all.pop(), &fast);
  EXPECT_EQ(all.pop(), &slow);
}

TEST(MpscInbox, ATaskTakenAndPushedAgainDuringAPushHarmsNothing) {
  MpscInbox<HookedAtomic> inbox;
  Task again;
  Task slow;
  inbox.push(again);
  before_next_exchange = [&] {
    EXPECT_EQ(inbox.take_all().size(), 1U);
    inbox.push(again);  // the head is again what the slow push has read
  };
  inbox.push(slow);
  TaskList all = inbox.take_all();
  EXPECT_EQ(all.size(), 2U);
  EXPECT_EQ(all.pop(), &again);
  EXPECT_EQ(all.pop(), &slow);
}

TEST(TaskList, AppendsInOrderAndLeavesTheOtherEmpty) {
  Task tasks[4];
  TaskList first;
  TaskList second;
  first.append(second);
  EXPECT_TRUE(first.empty());
  second.push(tasks[0]);
  first.append(second);
  second.push(tasks[1]);
  second.push(tasks[2]);
  first.append(second);
  EXPECT_TRUE(second.empty());
  first.push(tasks[3]);
  EXPECT_EQ(first.size(), 4U);
  for (Task& task : tasks) EXPECT_EQ(first.pop(), &task);
}

// Goal: with four producers and two takers (the owner and a thief) each task comes once, with what
// its producer wrote. One taker sees each producer's tasks in their order.
TEST(MpscInbox, GivesEachTaskOnceWithFourProducersAndTwoTakers) {
  constexpr std::uint32_t kProducers = 4;
  constexpr std::uint32_t kEach = 50'000;
  struct Letter : Task {
    std::uint32_t producer = 0;
    std::uint32_t number = 0;
    std::uint32_t taken_count = 0;
  };
  MpscInbox<std::atomic> inbox;
  std::vector<Letter> letters(kProducers * kEach);
  std::atomic<std::uint32_t> taken{0};
  std::vector<std::thread> threads;
  for (std::uint32_t p = 0; p < kProducers; ++p) {
    threads.emplace_back([&, p] {
      for (std::uint32_t i = 0; i < kEach; ++i) {
        Letter& letter = letters[p * kEach + i];
        letter.producer = p;
        letter.number = i + 1;
        inbox.push(letter);
      }
    });
  }
  for (int taker = 0; taker < 2; ++taker) {
    threads.emplace_back([&] {
      std::vector<std::uint32_t> newest(kProducers);
      while (taken.load(std::memory_order_relaxed) < kProducers * kEach) {
        TaskList all = inbox.take_all();
        if (all.empty()) std::this_thread::yield();
        while (Task* task = all.pop()) {
          Letter& letter = *static_cast<Letter*>(task);
          ++letter.taken_count;
          EXPECT_GT(letter.number, newest[letter.producer]);
          newest[letter.producer] = letter.number;
          taken.fetch_add(1, std::memory_order_relaxed);
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const Letter& letter : letters) ASSERT_EQ(letter.taken_count, 1U);
}

}  // namespace
}  // namespace etude
