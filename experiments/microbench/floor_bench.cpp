// What the machine itself takes: the floor beside each group. The only file outside of Context
// that sees Boost, because the jump underneath is what Context is compared with.

#include <benchmark/benchmark.h>
#include <linux/futex.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <boost/context/detail/fcontext.hpp>
#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

#include "core/failure.h"
#include "core/host.h"
#include "core/scheduler.h"
#include "experiments/microbench/benchmarks.h"

namespace etude::bench {
namespace {

namespace fcontext = boost::context::detail;

// One jump there and one back, as context/there_and_back has them.
void raw_switch(benchmark::State& state) {
  alignas(64) static std::array<char, 64 * 1024> stack;
  fcontext::fcontext_t other =
      fcontext::make_fcontext(stack.data() + stack.size(), stack.size(), [](auto came) {
        for (;;) came = fcontext::jump_fcontext(came.fctx, nullptr);
      });
  for (auto _ : state) other = fcontext::jump_fcontext(other, nullptr).fctx;
  state.SetItemsProcessed(2 * state.iterations());
}

void uncontended_cas(benchmark::State& state) {
  std::atomic<std::uint64_t> word{0};
  std::uint64_t seen = 0;
  for (auto _ : state) {
    word.compare_exchange_strong(seen, seen + 1, std::memory_order_seq_cst);
    ++seen;
  }
  benchmark::DoNotOptimize(word.load());
}

// A scheduler that holds one task and counts nothing: what the two virtual calls of a submit and a
// next take, with the task in a plain word, or in one that others could take it from.
enum class Takers : std::uint8_t { owner, anybody };

template <Takers kTakers>
class OneTask final : public Scheduler {
 public:
  Placement submit(Task& task, WorkerId from, Origin /*origin*/) noexcept override {
    task_.store(&task, std::memory_order_release);
    return {.home = from, .shared = kTakers == Takers::anybody};
  }
  Pick next(WorkerId /*self*/) noexcept override {
    Task* task = task_.load(std::memory_order_acquire);
    if (kTakers == Takers::owner) {
      task_.store(nullptr, std::memory_order_relaxed);  // relaxed: no other thread looks
    } else if (!task_.compare_exchange_strong(task, nullptr, std::memory_order_seq_cst)) {
      return {};
    }
    return {.task = task};
  }
  const SchedulerCounters& counters(WorkerId /*w*/) const noexcept override { return counters_; }

  static std::unique_ptr<Scheduler> make() { return std::make_unique<OneTask>(); }

 private:
  std::atomic<Task*> task_{nullptr};
  SchedulerCounters counters_;
};

// By a pointer to make(), like a row of the registry: the compiler must not see whose calls it has
// here, or they would be no virtual ones.
void submit_next(benchmark::State& state, std::unique_ptr<Scheduler> (*make)()) {
  constexpr WorkerId kSelf{0};
  const std::unique_ptr<Scheduler> scheduler = make();
  Task task;
  for (auto _ : state) {
    scheduler->submit(task, kSelf, Origin::yield(kSelf, kSelf));
    benchmark::DoNotOptimize(scheduler->next(kSelf));
  }
}

// What two threads bounce between them: each side gives with ring() and takes with wait().
class EventFd {
 public:
  EventFd() : fd_(::eventfd(0, EFD_CLOEXEC)) { require(fd_ >= 0, "there is an eventfd left"); }
  ~EventFd() { ::close(fd_); }
  EventFd(const EventFd&) = delete;
  EventFd& operator=(const EventFd&) = delete;

  int fd() const { return fd_; }
  void ring() { require(::eventfd_write(fd_, 1) == 0, "an eventfd can be rung"); }
  void wait() {
    eventfd_t rings = 0;
    require(::eventfd_read(fd_, &rings) == 0, "an eventfd can be waited for");
  }

 private:
  int fd_;
};

class Futex {
 public:
  void ring() {
    word_.store(1, std::memory_order_release);
    ::syscall(SYS_futex, &word_, FUTEX_WAKE_PRIVATE, 1, nullptr, nullptr, 0);
  }
  void wait() {
    while (word_.exchange(0, std::memory_order_acquire) == 0) {
      ::syscall(SYS_futex, &word_, FUTEX_WAIT_PRIVATE, 0, nullptr, nullptr, 0);
    }
  }

 private:
  std::atomic<std::uint32_t> word_{0};
};

// To a second thread and back. The kernel places both, as it does with any waking thread.
template <typename Bell>
void round_trip(benchmark::State& state) {
  Bell there;
  Bell back;
  std::atomic<bool> over{false};
  std::thread echo([&] {
    for (there.wait(); !over.load(std::memory_order_acquire); there.wait()) back.ring();
  });
  for (auto _ : state) {
    there.ring();
    back.wait();
  }
  over.store(true, std::memory_order_release);
  there.ring();
  echo.join();
}

// A ring that nobody waits for: what a wake-up costs its waker at least.
void eventfd_write(benchmark::State& state) {
  EventFd bell;
  for (auto _ : state) bell.ring();
}

// A look at a reactor's descriptors that does not block, with so many of them ready.
void epoll_ready(benchmark::State& state) {
  const auto ready = static_cast<std::size_t>(state.range(0));
  const int poller = ::epoll_create1(EPOLL_CLOEXEC);
  require(poller >= 0, "there is an epoll left");
  std::vector<std::unique_ptr<EventFd>> bells;
  for (std::size_t nth = 0; nth < ready; ++nth) {
    bells.push_back(std::make_unique<EventFd>());
    bells.back()->ring();
    epoll_event event{.events = EPOLLIN, .data = {}};
    require(::epoll_ctl(poller, EPOLL_CTL_ADD, bells.back()->fd(), &event) == 0,
            "an eventfd can be watched");
  }
  std::array<epoll_event, 128> events;
  for (auto _ : state) {
    benchmark::DoNotOptimize(::epoll_wait(poller, events.data(), events.size(), 0));
  }
  ::close(poller);
}

void pin_to_last_core() {
  cpu_set_t cores;
  CPU_ZERO(&cores);
  CPU_SET(static_cast<unsigned>(usable_cores().back()), &cores);
  require(::sched_setaffinity(0, sizeof cores, &cores) == 0, "a thread can be pinned");
}

// Two threads on one core let each other run: an iteration is a switch there and one back.
void yield_one_core(benchmark::State& state) {
  cpu_set_t before;
  require(::sched_getaffinity(0, sizeof before, &before) == 0, "the own cores can be read");
  pin_to_last_core();
  std::atomic<bool> over{false};
  std::thread other([&over] {
    pin_to_last_core();
    while (!over.load(std::memory_order_acquire)) ::sched_yield();
  });
  for (auto _ : state) ::sched_yield();
  over.store(true, std::memory_order_release);
  other.join();
  ::sched_setaffinity(0, sizeof before, &before);
}

}  // namespace

void add_floor_benchmarks() {
  benchmark::RegisterBenchmark("floor/fcontext_there_and_back", raw_switch);
  benchmark::RegisterBenchmark("floor/cas_uncontended", uncontended_cas);
  benchmark::RegisterBenchmark("floor/submit_next", submit_next, OneTask<Takers::owner>::make);
  benchmark::RegisterBenchmark("floor/submit_next_cas", submit_next,
                               OneTask<Takers::anybody>::make);
  benchmark::RegisterBenchmark("floor/eventfd_write", eventfd_write);
  benchmark::RegisterBenchmark("floor/epoll_ready/events", epoll_ready)->Arg(0)->Arg(64);
  benchmark::RegisterBenchmark("floor/yield_one_core", yield_one_core)->UseRealTime();
  benchmark::RegisterBenchmark("floor/eventfd_round_trip", round_trip<EventFd>)->UseRealTime();
  benchmark::RegisterBenchmark("floor/futex_round_trip", round_trip<Futex>)->UseRealTime();
}

}  // namespace etude::bench
