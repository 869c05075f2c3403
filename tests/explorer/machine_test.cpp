// Goal: the explorer finds what it is there to find, and nothing that the machine forbids.
// Method: programs of a few accesses whose outcomes are known: a lost update, and the litmus tests
// SB (store buffering) and MP (message passing); counts of schedules that can be told by hand.

#include "experiments/explorer/machine.h"

#include <gtest/gtest.h>

#include <functional>
#include <set>
#include <utility>

#include "core/failure.h"
#include "experiments/explorer/atomic.h"
#include "experiments/explorer/strategies.h"

namespace etude::explorer {
namespace {

constexpr auto kRelaxed = std::memory_order_relaxed;
constexpr auto kSeqCst = std::memory_order_seq_cst;

// Two words of memory, and what two threads read.
struct World {
  Atomic<int> x{0};
  Atomic<int> y{0};
  int seen[2] = {-1, -1};
  Gate gate;
};

// The threads are given as functions; at_rest() keeps what they saw, or fails by `wrong`.
class Litmus final : public Program {
 public:
  using Thread = std::function<void(Machine&, World&)>;

  explicit Litmus(std::vector<Thread> threads) : threads_(std::move(threads)) {}

  std::uint32_t thread_count() const noexcept override {
    return static_cast<std::uint32_t>(threads_.size());
  }
  void set_up(Machine& machine) override {
    machine_ = &machine;
    world_.emplace();
  }
  void run_thread(std::uint32_t thread) override { threads_[thread](*machine_, *world_); }
  Rest at_rest() override {
    results.insert({world_->seen[0], world_->seen[1]});
    last_x = world_->x.load(kRelaxed);
    if (wrong && wrong(*world_)) machine_->report("wrong");
    return Rest::done;
  }

  std::set<std::pair<int, int>> results;
  int last_x = 0;
  std::function<bool(World&)> wrong;

 private:
  std::vector<Thread> threads_;
  Machine* machine_ = nullptr;
  std::optional<World> world_;
};

// Runs all schedules; returns how many there were.
std::uint64_t run_all(Litmus& litmus, Memory memory, std::uint32_t preemptions_max = 100) {
  Machine machine(memory);
  BoundedSearch search(preemptions_max);
  std::uint64_t schedules = 0;
  while (search.next_schedule()) {
    const Outcome& outcome = machine.run(litmus, search);
    EXPECT_EQ(outcome.failure, "");
    ++schedules;
  }
  return schedules;
}

Litmus::Thread stores_x_loads_y(std::memory_order order) {
  return [order](Machine&, World& world) {
    world.x.store(1, order);
    world.seen[0] = world.y.load(order);
  };
}
Litmus::Thread stores_y_loads_x(std::memory_order order) {
  return [order](Machine&, World& world) {
    world.y.store(1, order);
    world.seen[1] = world.x.load(order);
  };
}

void increments_x(Machine&, World& world) { world.x.store(world.x.load(kRelaxed) + 1, kSeqCst); }

TEST(Machine, FindsALostUpdate) {
  Litmus litmus({increments_x, increments_x});
  litmus.wrong = [](World& world) { return world.x.load(kRelaxed) != 2; };
  Machine machine(Memory::sequential);
  BoundedSearch search(1);
  bool found = false;
  while (!found && search.next_schedule()) found = !machine.run(litmus, search).failure.empty();
  EXPECT_TRUE(found);
}

TEST(Machine, RepeatsAScheduleFromItsChoices) {
  Litmus litmus({increments_x, increments_x});
  litmus.wrong = [](World& world) { return world.x.load(kRelaxed) != 2; };
  Machine machine(Memory::tso);
  RandomPriorities priorities;
  std::vector<Agent> choices;
  for (std::uint64_t seed = 0; choices.empty() && seed < 1'000; ++seed) {
    priorities.start(seed);
    const Outcome& outcome = machine.run(litmus, priorities);
    if (!outcome.failure.empty()) choices = outcome.choices;
  }
  ASSERT_FALSE(choices.empty()) << "random priorities never found the lost update";
  Repeat repeat(choices);
  for (int time = 0; time < 100; ++time) {
    repeat.start();
    EXPECT_EQ(machine.run(litmus, repeat).failure, "wrong");
  }
}

TEST(Machine, SaysWhenChoicesDoNotFit) {
  Litmus litmus({increments_x, increments_x});
  Machine machine(Memory::tso);
  const std::vector<Agent> choices{7};
  Repeat repeat(choices);
  EXPECT_NE(machine.run(litmus, repeat).failure.find("do not fit"), std::string::npos);
}

// Two threads of n accesses each take n + 1 steps each, since the way to the first access is one,
// and they interleave in binomial(2n + 2, n + 1) ways.
TEST(Machine, BoundedSearchRunsEachInterleavingOnce) {
  const auto accesses = [](int count) {
    return [count](Machine&, World& world) {
      for (int i = 0; i < count; ++i) (void)world.x.load(kRelaxed);
    };
  };
  for (const auto& [count, interleavings] : {std::pair{1, 6U}, {2, 20U}, {3, 70U}, {4, 252U}}) {
    Litmus litmus({accesses(count), accesses(count)});
    EXPECT_EQ(run_all(litmus, Memory::sequential), interleavings) << count << " accesses each";
  }
}

TEST(Machine, WithoutPreemptionsThreadsOnlyTakeTurns) {
  Litmus litmus({stores_x_loads_y(kSeqCst), stores_y_loads_x(kSeqCst)});
  EXPECT_EQ(run_all(litmus, Memory::sequential, 0), 2U);
}

TEST(StoreBuffers, LetBothThreadsMissTheOthersStore) {
  Litmus litmus({stores_x_loads_y(kRelaxed), stores_y_loads_x(kRelaxed)});
  run_all(litmus, Memory::tso);
  EXPECT_TRUE(litmus.results.contains({0, 0}));
  EXPECT_EQ(litmus.results.size(), 4U) << "and everything else as well";
}

TEST(StoreBuffers, AreEmptiedBySeqCstStores) {
  Litmus litmus({stores_x_loads_y(kSeqCst), stores_y_loads_x(kSeqCst)});
  run_all(litmus, Memory::tso);
  EXPECT_FALSE(litmus.results.contains({0, 0}));
  EXPECT_EQ(litmus.results.size(), 3U);
}

TEST(StoreBuffers, AreEmptiedByExchanges) {
  const auto both = [](bool first) {
    return [first](Machine&, World& world) {
      (first ? world.x : world.y).store(1, kRelaxed);
      Atomic<int> own{0};
      own.exchange(1, kRelaxed);
      world.seen[first ? 0 : 1] = (first ? world.y : world.x).load(kRelaxed);
    };
  };
  Litmus litmus({both(true), both(false)});
  run_all(litmus, Memory::tso);
  EXPECT_FALSE(litmus.results.contains({0, 0}));
}

TEST(StoreBuffers, AreAbsentFromSequentialMemory) {
  Litmus litmus({stores_x_loads_y(kRelaxed), stores_y_loads_x(kRelaxed)});
  run_all(litmus, Memory::sequential);
  EXPECT_FALSE(litmus.results.contains({0, 0}));
}

TEST(StoreBuffers, KeepTheOrderOfAThreadsStores) {
  Litmus litmus({[](Machine&, World& world) {
                   world.x.store(1, kRelaxed);
                   world.y.store(1, kRelaxed);
                 },
                 [](Machine&, World& world) {
                   world.seen[0] = world.y.load(kRelaxed);
                   world.seen[1] = world.x.load(kRelaxed);
                 }});
  run_all(litmus, Memory::tso);
  EXPECT_FALSE(litmus.results.contains({1, 0})) << "the message came before its data";
  EXPECT_EQ(litmus.results.size(), 3U);
}

TEST(StoreBuffers, ShowAThreadItsOwnStores) {
  Litmus litmus({[](Machine&, World& world) {
    world.x.store(1, kRelaxed);
    world.x.store(2, kRelaxed);
    world.seen[0] = world.x.load(kRelaxed);
  }});
  run_all(litmus, Memory::tso);
  EXPECT_EQ(litmus.results, (std::set<std::pair<int, int>>{{2, -1}}));
  EXPECT_EQ(litmus.last_x, 2) << "and reach memory in the end";
}

TEST(Machine, ReportsAThreadThatSpinsForEver) {
  Litmus litmus({[](Machine&, World& world) {
    while (world.x.load(kRelaxed) == 0) on_spin(world.x, 0);
  }});
  Machine machine(Memory::tso);
  BoundedSearch search(2);
  ASSERT_TRUE(search.next_schedule());
  EXPECT_NE(machine.run(litmus, search).failure.find("spins for ever"), std::string::npos);
}

TEST(Machine, LetsASpinningThreadSeeAStoreThatComesLate) {
  Litmus litmus({[](Machine&, World& world) {
                   while (world.x.load(kRelaxed) == 0) on_spin(world.x, 0);
                 },
                 [](Machine&, World& world) { world.x.store(1, kRelaxed); }});
  EXPECT_GT(run_all(litmus, Memory::tso), 1U);
}

TEST(Machine, AGateRemembersThatItWasOpened) {
  Litmus litmus(
      {[](Machine& machine, World& world) { world.seen[0] = machine.wait(world.gate) ? 1 : 0; },
       [](Machine& machine, World& world) { machine.open(world.gate); }});
  run_all(litmus, Memory::tso);
  EXPECT_EQ(litmus.results, (std::set<std::pair<int, int>>{{1, -1}}));
}

TEST(Machine, SurvivesCodeThatStopsTheProcess) {
  Litmus broken({[](Machine&, World&) { require(false, "nothing holds"); }});
  Machine machine(Memory::tso);
  BoundedSearch search(0);
  ASSERT_TRUE(search.next_schedule());
  EXPECT_NE(machine.run(broken, search).failure.find("stopped the process"), std::string::npos);
  Litmus whole({increments_x});
  BoundedSearch again(0);
  ASSERT_TRUE(again.next_schedule());
  EXPECT_EQ(machine.run(whole, again).failure, "");
}

}  // namespace
}  // namespace etude::explorer
