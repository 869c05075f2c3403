#include "schedulers/chase_lev_deque.h"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <memory>
#include <thread>
#include <vector>

#include "tests/schedulers/hooked_atomic.h"
#include "tests/schedulers/yielding_atomic.h"

namespace etude {
namespace {

using Deque = ChaseLevDeque<int, std::atomic>;
using HookedDeque = ChaseLevDeque<int, HookedAtomic>;

TEST(ChaseLevDeque, PopsTheNewestAndStealsTheOldest) {
  Deque deque(4);
  int items[3] = {};
  for (int& item : items) deque.push(item);
  EXPECT_EQ(deque.size(), 3);

  int* stolen = nullptr;
  EXPECT_EQ(deque.steal(stolen), StealResult::taken);
  EXPECT_EQ(stolen, &items[0]);
  EXPECT_EQ(deque.pop(), &items[2]);
  EXPECT_EQ(deque.pop(), &items[1]);
  EXPECT_EQ(deque.size(), 0);
}

TEST(ChaseLevDeque, StaysEmptyHoweverOftenItIsPopped) {
  Deque deque(2);
  int* stolen = nullptr;
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(deque.pop(), nullptr);
    EXPECT_EQ(deque.steal(stolen), StealResult::empty);
    EXPECT_EQ(deque.size(), 0);
  }
  EXPECT_EQ(stolen, nullptr);
  int item = 0;
  deque.push(item);
  EXPECT_EQ(deque.pop(), &item);
}

TEST(ChaseLevDeque, HoldsItsCapacityOnEveryLapAndNotOneMore) {
  constexpr std::uint32_t kCapacity = 8;
  Deque deque(5);
  ASSERT_EQ(deque.capacity(), kCapacity);
  std::vector<int> items(kCapacity);
  for (int lap = 0; lap < 5; ++lap) {
    for (int& item : items) deque.push(item);
    int* stolen = nullptr;
    for (std::uint32_t i = 0; i < kCapacity; ++i) {
      ASSERT_EQ(deque.steal(stolen), StealResult::taken);
      ASSERT_EQ(stolen, &items[i]) << "lap " << lap;
    }
    int single = 0;  // the next lap begins one slot further
    deque.push(single);
    ASSERT_EQ(deque.pop(), &single);
    deque.push(single);
    ASSERT_EQ(deque.steal(stolen), StealResult::taken);
  }
  for (int& item : items) deque.push(item);
  EXPECT_DEATH(deque.push(items[0]), "tasks_max");
}

TEST(ChaseLevDeque, AThiefThatComesSecondLosesAndSaysSo) {
  HookedDeque deque(4);
  int items[2] = {};
  for (int& item : items) deque.push(item);
  int* first = nullptr;
  int* second = nullptr;
  before_next_exchange = [&] { EXPECT_EQ(deque.steal(first), StealResult::taken); };
  EXPECT_EQ(deque.steal(second), StealResult::lost);
  EXPECT_EQ(first, &items[0]);
  EXPECT_EQ(second, nullptr);
  EXPECT_EQ(deque.steal(second), StealResult::taken);
  EXPECT_EQ(second, &items[1]);
}

TEST(ChaseLevDeque, TheOwnerLosesTheLastItemToAThiefThatIsFaster) {
  HookedDeque deque(4);
  int item = 0;
  deque.push(item);
  // The owner has lowered bottom already, so a thief that starts now sees nothing...
  int* stolen = nullptr;
  before_next_exchange = [&] { EXPECT_EQ(deque.steal(stolen), StealResult::empty); };
  EXPECT_EQ(deque.pop(), &item);
  // ... but one that has read both ends before meets the owner at the exchange.
  deque.push(item);
  int* popped = nullptr;
  before_next_exchange = [&] { popped = deque.pop(); };
  EXPECT_EQ(deque.steal(stolen), StealResult::lost);
  EXPECT_EQ(popped, &item);
  EXPECT_EQ(deque.size(), 0);
}

TEST(ChaseLevDeque, ASlowThiefNeverGetsAnItemOfTheNextLap) {
  HookedDeque deque(2);
  int old_items[2] = {};
  int new_items[2] = {};
  for (int& item : old_items) deque.push(item);
  int* taken = nullptr;
  before_next_exchange = [&] {
    for (int& item : old_items) {
      ASSERT_EQ(deque.steal(taken), StealResult::taken);
      ASSERT_EQ(taken, &item);
    }
    for (int& item : new_items) deque.push(item);  // the very slots the thief has read
  };
  int* slow = nullptr;
  EXPECT_EQ(deque.steal(slow), StealResult::lost);
  EXPECT_EQ(slow, nullptr);
  EXPECT_EQ(deque.size(), 2);
}

// Goal: with an owner and thieves at once, each item is taken exactly once, and what was written to
// it before push() is seen by its taker.
// Method: plain writes to the items (the thread sanitizer watches them). `items_ahead` is how many
// the owner lets wait: 1 makes it meet the thieves over the last item again and again, a full deque
// makes it lap.
struct Item {
  std::uint32_t written = 0;
  std::uint32_t taken_count = 0;
};

enum class OwnerTakes : std::uint8_t { newest, oldest };

template <template <typename> class Atomic>
void run_with_thieves(OwnerTakes order, std::uint32_t thieves_count, std::int64_t items_ahead) {
  constexpr std::uint32_t kItems = 200'000;
  ChaseLevDeque<Item, Atomic> deque(16);
  std::vector<Item> items(kItems);
  std::atomic<bool> over{false};
  std::latch all_started(thieves_count + 1);
  const auto take = [](Item& item) {
    EXPECT_EQ(item.written, 7U);
    ++item.taken_count;
  };
  const auto steal = [&] {
    Item* item = nullptr;
    const bool taken = deque.steal(item) == StealResult::taken;
    if (taken) take(*item);
    return taken;
  };
  std::vector<std::thread> thieves;
  for (std::uint32_t t = 0; t < thieves_count; ++t) {
    thieves.emplace_back([&] {
      all_started.arrive_and_wait();
      while (!over.load(std::memory_order_relaxed)) {
        // With more threads than cores, who finds nothing lets the owner run.
        if (!steal() && thieves_count > 1) std::this_thread::yield();
      }
    });
  }
  const auto take_own = [&] {
    if (order == OwnerTakes::oldest) {
      (void)steal();
    } else if (Item* item = deque.pop()) {
      take(*item);
    }
  };
  all_started.arrive_and_wait();
  for (Item& item : items) {
    item.written = 7;
    deque.push(item);
    if (deque.size() >= items_ahead) take_own();
  }
  while (deque.size() > 0) take_own();
  over.store(true, std::memory_order_relaxed);
  for (std::thread& thief : thieves) thief.join();
  for (std::uint32_t i = 0; i < kItems; ++i) {
    ASSERT_EQ(items[i].taken_count, 1U) << "item " << i;
  }
}

TEST(ChaseLevDeque, GivesEachItemOnceToAnOwnerThatPopsAndThreeThieves) {
  run_with_thieves<std::atomic>(OwnerTakes::newest, 3, 16);
  run_with_thieves<YieldingAtomic>(OwnerTakes::newest, 3, 16);
}
TEST(ChaseLevDeque, GivesEachItemOnceToAnOwnerThatStealsAndThreeThieves) {
  run_with_thieves<std::atomic>(OwnerTakes::oldest, 3, 16);
  run_with_thieves<YieldingAtomic>(OwnerTakes::oldest, 3, 16);
}
TEST(ChaseLevDeque, GivesEachLastItemToTheOwnerOrToTheThief) {
  for (const OwnerTakes order : {OwnerTakes::newest, OwnerTakes::oldest}) {
    run_with_thieves<std::atomic>(order, 1, 1);
    run_with_thieves<YieldingAtomic>(order, 1, 1);
  }
}

}  // namespace
}  // namespace etude
