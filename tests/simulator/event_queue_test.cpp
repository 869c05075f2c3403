// Goal: events come by time, and those of one moment as they were scheduled. Method: against a
// stable sort of the same events, with times drawn from a small range so that many are equal, and
// with events that are added while others are taken.

#include "experiments/simulator/event_queue.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "core/random.h"

namespace etude::sim {
namespace {

struct Seen {
  Nanos time_ns;
  std::uint32_t id;
  bool operator==(const Seen&) const = default;
};

TEST(EventQueue, GivesAllEventsByTimeAndThenInTheirOrder) {
  constexpr std::uint32_t kEvents = 20'000;
  Rng rng(1);
  EventQueue queue;
  std::vector<Seen> expected;
  for (std::uint32_t id = 0; id < kEvents; ++id) {
    const Nanos time_ns = rng.below(500);
    queue.add(time_ns, 0, id);
    expected.push_back({.time_ns = time_ns, .id = id});
  }
  std::stable_sort(expected.begin(), expected.end(),
                   [](const Seen& a, const Seen& b) { return a.time_ns < b.time_ns; });
  for (const Seen& next : expected) {
    ASSERT_FALSE(queue.empty());
    const Event event = queue.take();
    ASSERT_EQ((Seen{.time_ns = event.time_ns, .id = event.id}), next);
    ASSERT_EQ(queue.now_ns(), next.time_ns);
  }
  EXPECT_TRUE(queue.empty());
}

// What is added during a moment, for that same moment, comes behind what was planned for it.
TEST(EventQueue, TakesTheOrderOfSchedulingAtOneMomentAsWell) {
  EventQueue queue;
  queue.add(5, 0, 1);
  queue.add(5, 0, 2);
  queue.add(6, 0, 3);
  ASSERT_EQ(queue.take().id, 1U);
  queue.add(5, 0, 4);
  queue.add(6, 0, 5);
  for (const std::uint32_t id : {2U, 4U, 3U, 5U}) EXPECT_EQ(queue.take().id, id);
}

TEST(EventQueue, StaysInOrderWhileEventsComeAndGo) {
  Rng rng(2);
  EventQueue queue;
  Nanos last_ns = 0;
  std::uint64_t last_sequence = 0;
  for (std::uint32_t id = 0; id < 300; ++id) queue.add(rng.below(100), 0, id);
  for (int step = 0; step < 100'000; ++step) {
    const Event event = queue.take();
    ASSERT_GE(event.time_ns, last_ns);
    if (event.time_ns == last_ns && step > 0) {
      ASSERT_GT(event.sequence, last_sequence);
    }
    last_ns = event.time_ns;
    last_sequence = event.sequence;
    queue.add(event.time_ns + rng.below(64), 0, event.id);
  }
}

TEST(EventQueue, KeepsKindIdAndValue) {
  EventQueue queue;
  queue.add(1, 13, 0xffff'fffe, EventQueue::kValueMax);
  const Event event = queue.take();
  EXPECT_EQ(event.kind, 13U);
  EXPECT_EQ(event.id, 0xffff'fffeU);
  EXPECT_EQ(event.value, EventQueue::kValueMax);
}

}  // namespace
}  // namespace etude::sim
