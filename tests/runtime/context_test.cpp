#include "core/runtime/context.h"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <thread>

namespace etude {
namespace {

constexpr std::size_t kStackBytes = 256 * 1024;

struct Pair {
  Context main;
  Context* other = nullptr;
  std::string log;
};

TEST(Context, SwitchesThereAndBackAndKeepsItsPlace) {
  StackPool stacks({.stacks_max = 1, .stack_bytes = kStackBytes});
  Pair pair;
  Context other(
      stacks.acquire(),
      [](void* argument) {
        Pair& p = *static_cast<Pair*>(argument);
        for (int turn = 0;; ++turn) {
          p.log += std::to_string(turn);
          Context::switch_to(*p.other, p.main);
        }
      },
      &pair);
  pair.other = &other;
  pair.main.become_this_thread();

  for (int turn = 0; turn < 3; ++turn) {
    Context::switch_to(pair.main, other);
    pair.log += '.';
  }
  EXPECT_EQ(pair.log, "0.1.2.");
}

// Goal: exceptions in flight belong to the execution and not to the thread.
// Method: a context suspends inside a catch block and is continued by another thread, which is
// inside a catch block of its own; each must rethrow what it caught itself.
TEST(Context, TakesItsCaughtExceptionsToAnotherThread) {
  StackPool stacks({.stacks_max = 1, .stack_bytes = kStackBytes});
  Pair pair;
  Context other(
      stacks.acquire(),
      [](void* argument) {
        Pair& p = *static_cast<Pair*>(argument);
        try {
          throw std::runtime_error("fiber's");
        } catch (...) {
          Context::switch_to(*p.other, p.main);
          try {
            throw;
          } catch (const std::runtime_error& error) {
            p.log = error.what();
          }
        }
        for (;;) Context::switch_to(*p.other, p.main);
      },
      &pair);
  pair.other = &other;
  pair.main.become_this_thread();
  Context::switch_to(pair.main, other);
  EXPECT_EQ(std::uncaught_exceptions(), 0);

  std::string thread_rethrew;
  std::thread([&] {
    pair.main.become_this_thread();
    try {
      throw std::runtime_error("thread's");
    } catch (...) {
      Context::switch_to(pair.main, other);
      try {
        throw;
      } catch (const std::runtime_error& error) {
        thread_rethrew = error.what();
      }
    }
  }).join();

  EXPECT_EQ(pair.log, "fiber's");
  EXPECT_EQ(thread_rethrew, "thread's");
}

TEST(StackPool, LendsAsManyStacksAsItHasAndGuardsEach) {
  StackPool stacks({.stacks_max = 3, .stack_bytes = 16 * 1024});
  for (int i = 0; i < 3; ++i) {
    const Stack stack = stacks.acquire();
    ASSERT_NE(stack.bottom, nullptr);
    stack.bottom[0] = 'x';
    stack.bottom[stack.bytes - 1] = 'x';
    EXPECT_TRUE(stacks.is_guard(stack.bottom - 1));
    EXPECT_FALSE(stacks.is_guard(stack.bottom));
  }
  EXPECT_EQ(stacks.acquire().bytes, 0U);
}

TEST(StackPoolDeathTest, RunningOverTheEndIsAFaultAndNotAnotherFibersData) {
  StackPool stacks({.stacks_max = 2, .stack_bytes = 16 * 1024});
  (void)stacks.acquire();
  const Stack second = stacks.acquire();
  EXPECT_DEATH(*static_cast<volatile char*>(second.bottom - 1) = 'x', "");
}

}  // namespace
}  // namespace etude
