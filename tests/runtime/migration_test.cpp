// Goal: what the language and the C library keep per thread is right for a fiber that goes on on
// another thread: exceptions in flight, thread_local variables, errno.
// Method: a scheduler that hands every task to the worker after the one that ran it last. So each
// switch migrates, however the machine schedules its threads.

#include <gtest/gtest.h>

#include <atomic>
#include <cerrno>
#include <deque>
#include <exception>
#include <latch>
#include <mutex>
#include <stdexcept>
#include <string>
#include <vector>

#include "core/runtime/runtime.h"

namespace etude {
namespace {

constexpr std::uint32_t kWorkers = 3;
constexpr std::uint32_t kFibers = 40;
constexpr int kRounds = 12;

// One queue for each worker; a task that ran on worker w waits for w + 1 next.
class RoundRobin final : public Scheduler {
 public:
  RoundRobin() : queues_(kWorkers), counters_(kWorkers) {}

  Placement submit(Task& task, WorkerId, Origin origin) noexcept override {
    const std::uint32_t last = origin.last_ran == kNoWorker ? 0 : index(origin.last_ran);
    const std::uint32_t next = (last + 1) % kWorkers;
    const std::lock_guard lock(mutex_);
    queues_[next].push_back(&task);
    return {.home = WorkerId{next}, .shared = false};
  }
  Pick next(WorkerId self) noexcept override {
    const std::lock_guard lock(mutex_);
    std::deque<Task*>& queue = queues_[index(self)];
    if (queue.empty()) return {.task = nullptr, .offered = 0};
    Task* const task = queue.front();
    queue.pop_front();
    return {.task = task, .offered = 0};
  }
  const SchedulerCounters& counters(WorkerId worker) const noexcept override {
    return counters_[index(worker)];
  }

 private:
  std::mutex mutex_;
  std::vector<std::deque<Task*>> queues_;
  std::vector<SchedulerCounters> counters_;
};

// Runs `job` in kFibers fibers at a time, numbered; returns how many of them said false.
int wrong_of(const std::function<bool(Fiber&, std::uint32_t)>& job) {
  RoundRobin scheduler;
  Runtime runtime({.cores = {0},
                   .threads_per_core = kWorkers,
                   .fibers_max = kFibers,
                   .stack_bytes = 256 * 1024},
                  scheduler, [](Socket&, Fiber&) {});
  runtime.start();
  std::latch done(kFibers);
  std::atomic<int> wrong{0};
  for (std::uint32_t number = 0; number < kFibers; ++number) {
    EXPECT_TRUE(runtime.spawn([&, number](Fiber& fiber) {
      if (!job(fiber, number)) wrong.fetch_add(1);
      done.count_down();
    }));
  }
  done.wait();
  return wrong.load();
}

// Suspends; true: on another worker than before.
bool migrates(Fiber& fiber) {
  const WorkerId before = fiber.worker();
  fiber.sleep_for(100 * kMicrosecond);
  return fiber.worker() != before;
}

TEST(Migration, LetsACaughtExceptionBeThrownAgain) {
  const int wrong = wrong_of([](Fiber& fiber, std::uint32_t number) {
    for (int round = 0; round < kRounds; ++round) {
      const std::string mine = std::to_string(number) + '.' + std::to_string(round);
      try {
        try {
          throw std::runtime_error(mine);
        } catch (...) {
          if (!migrates(fiber)) return false;
          throw;
        }
      } catch (const std::runtime_error& error) {
        if (error.what() != mine) return false;
      }
      if (std::current_exception() != nullptr || std::uncaught_exceptions() != 0) return false;
    }
    return true;
  });
  EXPECT_EQ(wrong, 0);
}

TEST(Migration, KeepsNestedExceptionsInTheirOrder) {
  const int wrong = wrong_of([](Fiber& fiber, std::uint32_t number) {
    const int outer = static_cast<int>(number);
    try {
      throw outer;
    } catch (int) {
      try {
        if (!migrates(fiber)) return false;
        throw std::string("inner");
      } catch (const std::string&) {
        if (!migrates(fiber)) return false;
      }
      if (!migrates(fiber)) return false;
      try {
        throw;
      } catch (int again) {
        return again == outer;
      }
    }
    return false;
  });
  EXPECT_EQ(wrong, 0);
}

// A destructor that suspends while an exception passes it.
TEST(Migration, KeepsAnExceptionThatIsUnderWay) {
  struct Suspends {
    explicit Suspends(Fiber& its_fiber) : fiber(its_fiber) {}
    ~Suspends() {
      migrated = migrates(fiber);
      in_flight = std::uncaught_exceptions();
      *seen = in_flight == 1 && migrated;
    }
    Fiber& fiber;
    bool migrated = false;
    int in_flight = 0;
    bool* seen = nullptr;
  };
  const int wrong = wrong_of([](Fiber& fiber, std::uint32_t) {
    bool seen = false;
    try {
      Suspends guard(fiber);
      guard.seen = &seen;
      throw std::runtime_error("passes");
    } catch (const std::runtime_error&) {
      return seen && std::uncaught_exceptions() == 0;
    }
    return false;
  });
  EXPECT_EQ(wrong, 0);
}

TEST(Migration, KeepsAnExceptionPointer) {
  const int wrong = wrong_of([](Fiber& fiber, std::uint32_t number) {
    std::exception_ptr kept;
    try {
      throw number;
    } catch (...) {
      kept = std::current_exception();
    }
    if (!migrates(fiber)) return false;
    try {
      std::rethrow_exception(kept);
    } catch (std::uint32_t again) {
      return again == number;
    }
  });
  EXPECT_EQ(wrong, 0);
}

// As a handler is told to (core/runtime/this_fiber.h): each use finds the address anew. The empty
// asm keeps a compiler from taking the address for one that never changes.
[[gnu::noinline]] int& mark_of_this_thread() {
  thread_local int mark = -1;
  asm volatile("");
  return mark;
}
[[gnu::noinline]] void set_errno(int value) {
  asm volatile("");
  errno = value;
}
[[gnu::noinline]] int get_errno() {
  asm volatile("");
  return errno;
}

TEST(Migration, FindsTheThreadItIsOn) {
  const int wrong = wrong_of([](Fiber& fiber, std::uint32_t) {
    for (int round = 0; round < kRounds; ++round) {
      mark_of_this_thread() = static_cast<int>(index(fiber.worker()));
      set_errno(1'000 + static_cast<int>(index(fiber.worker())));
      if (mark_of_this_thread() != static_cast<int>(index(fiber.worker()))) return false;
      if (get_errno() != 1'000 + static_cast<int>(index(fiber.worker()))) return false;
      if (!migrates(fiber)) return false;
      const int mark = mark_of_this_thread();  // of this thread, or not set there yet
      if (mark != -1 && mark != static_cast<int>(index(fiber.worker()))) return false;
    }
    return true;
  });
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace etude
