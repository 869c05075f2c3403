// Goal: fibers are used again while they are needed, and go back to the machine when they are not.
// Method: a manual time; no fiber ever runs.

#include "core/runtime/fiber_pool.h"

#include <gtest/gtest.h>

#include <set>
#include <vector>

namespace etude {
namespace {

constexpr std::uint32_t kFibers = 300;
constexpr std::size_t kStackBytes = 16 * 1024;
constexpr std::uint32_t kKept = FiberPool::kKeptMin;

class FiberPoolTest : public testing::Test {
 protected:
  std::vector<Fiber*> acquire(std::size_t count) {
    std::vector<Fiber*> fibers;
    while (fibers.size() < count) fibers.push_back(pool_.acquire());
    return fibers;
  }
  void release(const std::vector<Fiber*>& fibers) {
    for (Fiber* const fiber : fibers) pool_.release(*fiber);
  }
  void trim() { pool_.trim(now_ns_ += kSecond); }

  FiberPool pool_{kFibers, kStackBytes};
  Nanos now_ns_ = 0;
};

TEST_F(FiberPoolTest, UnmakesWhatNobodyNeededSinceTheLastTrim) {
  release(acquire(200));
  trim();
  EXPECT_EQ(pool_.made(), 200U) << "they were needed a moment ago";
  EXPECT_TRUE(pool_.has_spare());
  trim();
  EXPECT_EQ(pool_.made(), kKept);
  EXPECT_FALSE(pool_.has_spare());
}

TEST_F(FiberPoolTest, KeepsWhatIsNeededNowAndThen) {
  release(acquire(200));
  trim();
  for (int round = 0; round < 5; ++round) {
    release(acquire(100));
    trim();
  }
  EXPECT_EQ(pool_.made(), 100 + kKept);
}

TEST_F(FiberPoolTest, LendsEveryFiberAgainAfterATrim) {
  release(acquire(kFibers));
  trim();
  trim();
  const std::vector<Fiber*> again = acquire(kFibers);
  EXPECT_EQ(std::set<Fiber*>(again.begin(), again.end()).size(), kFibers);
  EXPECT_EQ(std::set<Fiber*>(again.begin(), again.end()).count(nullptr), 0U);
  EXPECT_EQ(pool_.acquire(), nullptr);
  release(again);
  EXPECT_EQ(pool_.in_use(), 0U);
}

TEST_F(FiberPoolTest, LeavesFibersInUseAlone) {
  const std::vector<Fiber*> used = acquire(100);
  release(acquire(100));
  trim();
  trim();
  EXPECT_EQ(pool_.made(), 100 + kKept);
  EXPECT_EQ(pool_.in_use(), 100U);
  release(used);
}

TEST(StackPool, AStackThatWentBackIsLentAgainEmptyAndGuarded) {
  StackPool stacks({.stacks_max = 2, .stack_bytes = kStackBytes});
  const Stack first = stacks.acquire();
  const Stack second = stacks.acquire();
  second.bottom[100] = 'x';
  EXPECT_EQ(stacks.stack_of(second.bottom + 100).nth, second.nth);
  stacks.release(second);
  const Stack again = stacks.acquire();
  EXPECT_EQ(again.bottom, second.bottom);
  EXPECT_EQ(again.bytes, first.bytes);
  EXPECT_EQ(again.bottom[100], 0) << "its memory had not gone back to the machine";
  EXPECT_EQ(stacks.acquire().bytes, 0U);
  EXPECT_DEATH(*static_cast<volatile char*>(again.bottom - 1) = 'x', "");
}

}  // namespace
}  // namespace etude
