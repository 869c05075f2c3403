#include "core/runtime/timer_heap.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "core/random.h"

namespace etude {
namespace {

TEST(TimerHeap, GivesTimersByTimeAndOnlyWhenDue) {
  TimerHeap heap;
  std::vector<Timer> timers(3);
  heap.add(timers[0], 30);
  heap.add(timers[1], 10);
  heap.add(timers[2], 20);

  EXPECT_EQ(heap.earliest_ns(), 10);
  EXPECT_EQ(heap.pop_due(9), nullptr);
  EXPECT_EQ(heap.pop_due(25), &timers[1]);
  EXPECT_EQ(heap.pop_due(25), &timers[2]);
  EXPECT_EQ(heap.pop_due(25), nullptr);
  EXPECT_EQ(heap.pop_due(30), &timers[0]);
  EXPECT_EQ(heap.earliest_ns(), TimerHeap::kNever_ns);
}

TEST(TimerHeap, CancelledTimersNeverFireAndTheRestKeepTheirOrder) {
  constexpr std::size_t kTimers = 1'000;
  Rng rng(11);
  TimerHeap heap;
  std::vector<Timer> timers(kTimers);
  std::vector<Nanos> expected;
  for (Timer& timer : timers) heap.add(timer, rng.below(500));
  for (std::size_t i = 0; i < kTimers; ++i) {
    if (rng.below(3) == 0) {
      heap.cancel(timers[i]);
      heap.cancel(timers[i]);  // a second time changes nothing
    } else {
      expected.push_back(timers[i].due_ns);
    }
  }
  std::sort(expected.begin(), expected.end());

  std::vector<Nanos> fired;
  while (Timer* timer = heap.pop_due(1'000)) fired.push_back(timer->due_ns);
  EXPECT_EQ(fired, expected);
}

}  // namespace
}  // namespace etude
