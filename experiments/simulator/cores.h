// experiments/simulator/cores.h
//
// Cores that several threads share, as under the kernel: those that may run wait in a row, and the
// one that runs gives way when it blocks, or at the end of its slice if another one waits. Workers
// stay on their core; threads of the client float: one that wakes takes an idle core if there is
// one, and a core that goes idle pulls one that waits elsewhere and has not run for pull_after_ns.
//
// Not used where each thread has a core of its own.
//
// Threads: one.

#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <vector>

#include "experiments/simulator/charges.h"
#include "experiments/simulator/ring.h"
#include "experiments/simulator/world.h"

namespace etude::sim {

class Cores {
 public:
  // Tells a thread that it is on its core with nothing left to do: it then calls run() or leave().
  using GoOn = std::function<void(std::uint32_t thread)>;

  Cores(World& world, const Charges& charges, GoOn go_on);

  // Returns the thread's number, counted from 0. It is off the cores.
  std::uint32_t add_pinned(std::uint32_t core);
  std::uint32_t add_floating();

  // Requires: the thread is off the cores. It goes on when its turn has come.
  void enter(std::uint32_t thread);
  // Requires: it has just been told to go on. For so much of the core's time.
  void run(std::uint32_t thread, Nanos length_ns);
  // Requires: it has just been told to go on.
  void leave(std::uint32_t thread);

  // Event.
  void turn(std::uint32_t core, std::uint32_t number);

  // Counts the time of whoever runs up to now.
  void account_all();
  // Of core time within what is measured, as counted so far, without the switches.
  Nanos busy_ns(std::uint32_t thread) const noexcept { return threads_[thread].busy_ns; }

 private:
  static constexpr std::uint32_t kNobody = 0xffff'ffffU;

  struct Thread {
    std::uint32_t core = 0;  // where it runs, waits, or ran last
    bool floats = false;
    Nanos left_ns = 0;
    Nanos busy_ns = 0;
    Nanos ran_until_ns = std::numeric_limits<Nanos>::min() / 2;  // long ago
  };
  struct Core {
    std::uint32_t running = kNobody;
    std::uint32_t turn = 0;  // tells an event from one that was overtaken
    Nanos since_ns = 0;      // up to here the running one's time is counted
    Nanos slice_end_ns = 0;
    Ring<std::uint32_t> row;
  };

  void give(std::uint32_t core, std::uint32_t thread, Nanos delay_ns);
  void give_to_next(std::uint32_t core);
  void schedule(std::uint32_t core);
  void account(Core& core);
  std::uint32_t idle_core(std::uint32_t nearest) const noexcept;
  bool pull(std::uint32_t core);

  World& world_;
  const Charges& charges_;
  GoOn go_on_;
  std::vector<Core> cores_;
  std::vector<Thread> threads_;
  std::uint32_t idle_ = 0;              // cores
  std::uint32_t floating_waiting_ = 0;  // floating threads that wait in a row
};

}  // namespace etude::sim
