// experiments/explorer/machine.h
//
// A machine with virtual threads and store buffers, all on one OS thread, whose every choice is
// made by a Strategy: which thread takes the next step, and when a buffered store reaches memory.
// It runs one schedule of a Program at a time and repeats exactly when the choices are the same.
//
// A step is an access to an explorer::Atomic (atomic.h). Plain memory is not watched: it is read
// and written in between, at once. So a data race is found by what it breaks, or by the thread
// sanitizer in the other tests, and not here.
//
// Memory: under Memory::tso each thread's stores wait in its own first-in first-out buffer, which
// its loads see and nobody else's do; a read-modify-write or a seq_cst store empties it first. That
// is x86 as compiled by gcc and clang. Weaker machines are not simulated.
//
// Threads:   one OS thread. The machine that runs is ambient (running()), because an Atomic inside
//            a scheduler has no other way to find it.
// Ownership: borrows program and strategy for the length of run().
// Limits:    kThreadsMax virtual threads, kStepsMax steps in a schedule.
// Errors:    what a program finds wrong ends the schedule and is in its Outcome; so does a broken
//            require() and a fault on a bad address. The contexts left behind are made anew.
// Source:    Musuvathi et al., CHESS, OSDI 2008; x86-TSO: Sewell et al., CACM 53 (2010),
//            doi 10.1145/1785414.1785443.

#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/runtime/context.h"
#include "core/runtime/stack_pool.h"

namespace etude::explorer {

inline constexpr std::uint32_t kThreadsMax = 16;

// Who may act next: thread t is agent t, its store buffer agent kThreadsMax + t.
using Agent = std::uint32_t;
using AgentSet = std::uint32_t;
constexpr AgentSet only(Agent agent) noexcept { return AgentSet{1} << agent; }
constexpr Agent buffer_of(std::uint32_t thread) noexcept { return kThreadsMax + thread; }
constexpr Agent lowest(AgentSet set) noexcept { return static_cast<Agent>(std::countr_zero(set)); }

// Chooses among at least two agents. `current` is the thread that ran last; unless it is among the
// options it cannot go on.
class Strategy {
 public:
  virtual ~Strategy() = default;
  Strategy(const Strategy&) = delete;
  Strategy& operator=(const Strategy&) = delete;

  virtual Agent choose(AgentSet options, Agent current) noexcept = 0;

 protected:
  Strategy() = default;
};

// What a thread waits at until somebody opens it; remembers that it was opened, as an eventfd does.
struct Gate {
  bool open = false;
  AgentSet waiting = 0;
};

class Machine;

// What runs on the machine: some threads over objects that are made anew for each schedule.
class Program {
 public:
  enum class Rest : std::uint8_t { done, go_on };

  virtual ~Program() = default;
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  virtual std::uint32_t thread_count() const noexcept = 0;
  virtual void set_up(Machine& machine) = 0;
  virtual void run_thread(std::uint32_t thread) = 0;
  // Nobody can go on, and memory holds every store. Checks what must hold then, and report()s what
  // does not; opens gates and says go_on, or says done.
  virtual Rest at_rest() = 0;

 protected:
  Program() = default;
};

enum class Memory : std::uint8_t { sequential, tso };

struct Outcome {
  std::string failure;         // empty: everything held
  std::vector<Agent> choices;  // what the strategy chose
  std::uint64_t steps = 0;
};

class Machine {
 public:
  static constexpr std::uint64_t kStepsMax = 100'000;

  explicit Machine(Memory memory);
  ~Machine();
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;

  // The outcome stays the machine's until the next run().
  const Outcome& run(Program& program, Strategy& strategy);

  // The machine whose virtual thread executes at this moment, or nullptr.
  static Machine* running() noexcept { return running_; }

  // ---- for programs, from a virtual thread ----
  std::uint32_t thread() const noexcept { return thread_; }
  std::uint64_t accesses() const noexcept { return accesses_[thread_]; }  // of this thread so far
  // Waits until the gate is open, and shuts it. False: the schedule is over, return. To wait and to
  // open are locked steps: the system calls that they stand for take a lock.
  [[nodiscard]] bool wait(Gate& gate);
  void open(Gate& gate) noexcept;  // from at_rest() too
  [[noreturn]] void fail(std::string what);
  void report(std::string what);  // the same, from at_rest()

  // ---- for Atomic ----
  // One word of simulated memory.
  struct Cell {
    std::uint64_t bits = 0;
  };
  std::uint64_t load(const Cell& cell) noexcept;
  void store(Cell& cell, std::uint64_t bits) noexcept;  // may wait in the buffer
  // The step of a locked operation: the buffer is empty afterwards, and the cell may be changed by
  // way of write() until the next step.
  void lock_step() noexcept;
  void write(Cell& cell, std::uint64_t bits) noexcept;
  // The thread waits for somebody else to change memory.
  void spin() noexcept;

 private:
  static constexpr std::uint32_t kNobody = kThreadsMax;
  static constexpr std::size_t kStoresMax = 32;  // about a real store buffer

  struct Store {
    Cell* cell;
    std::uint64_t bits;
  };
  struct VirtualThread {
    std::optional<Context> context;
    std::vector<Store> stores;  // stores[drained ..] wait, oldest first
    std::size_t drained = 0;
    Gate* gate = nullptr;
  };

  static void enter(void* argument);
  static void on_crash(int signal);
  void make_threads();
  void step() noexcept;
  Agent choose() noexcept;
  void leave() noexcept;  // the current thread cannot go on
  void switch_to_thread(std::uint32_t next) noexcept;
  void drain_one(std::uint32_t thread) noexcept;
  void drain_all(std::uint32_t thread) noexcept;
  void drive();
  void wind_up();

  static inline Machine* running_ = nullptr;

  const Memory memory_;
  std::optional<StackPool> stacks_;
  std::array<VirtualThread, kThreadsMax> threads_;
  Context main_;
  Program* program_ = nullptr;
  Strategy* strategy_ = nullptr;
  Outcome outcome_;
  std::array<std::uint64_t, kThreadsMax> accesses_{};
  AgentSet ready_ = 0;     // threads that can go on
  AgentSet buffered_ = 0;  // store buffers that hold something
  AgentSet spinning_ = 0;
  std::uint32_t thread_ = kNobody;
  bool over_ = false;  // at rest for good: waiting threads return
};

}  // namespace etude::explorer
