#include "schedulers/spin_lock.h"

#include <gtest/gtest.h>

#include <mutex>
#include <thread>
#include <vector>

#include "tests/schedulers/hooked_atomic.h"

namespace etude {
namespace {

TEST(SpinLock, LetsOneAtATimeIn) {
  constexpr std::uint32_t kThreads = 4;
  constexpr std::uint32_t kEach = 50'000;
  SpinLock<std::atomic> lock;
  std::uint64_t count = 0;  // plain: the lock guards it
  std::vector<std::thread> threads;
  for (std::uint32_t t = 0; t < kThreads; ++t) {
    threads.emplace_back([&] {
      for (std::uint32_t i = 0; i < kEach; ++i) {
        const std::scoped_lock hold(lock);
        ++count;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(count, kThreads * kEach);
}

// An explorer's hook must be the one that is called, or its runs would never end.
TEST(SpinLock, TellsTheHookOfItsOwnAtomicsThatItSpins) {
  SpinLock<HookedAtomic> lock;
  lock.lock();
  on_next_spin = [&] { lock.unlock(); };
  lock.lock();
  EXPECT_FALSE(on_next_spin) << "it waited without telling";
}

}  // namespace
}  // namespace etude
