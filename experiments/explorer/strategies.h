// experiments/explorer/strategies.h
//
// Who chooses: everything up to a bound, at random with a guarantee, or what was chosen before.
//
// Threads: one. Each is used for one run() after another.
// Source:  bounded search: Musuvathi and Qadeer, PLDI 2007, doi 10.1145/1250734.1250785.
// Priorities:
//          Burckhardt et al., PCT, ASPLOS 2010, doi 10.1145/1736020.1736040.

#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "core/random.h"
#include "experiments/explorer/machine.h"

namespace etude::explorer {

// Every schedule with at most `preemptions_max` preemptions, depth first. A preemption takes the
// step from a thread that could go on: for another thread, or for a store that reaches memory just
// then. Where nobody has to be interrupted, all options are tried.
class BoundedSearch final : public Strategy {
 public:
  explicit BoundedSearch(std::uint32_t preemptions_max) : preemptions_max_(preemptions_max) {}

  // Call before each run. False: all schedules were run.
  [[nodiscard]] bool next_schedule() noexcept;
  Agent choose(AgentSet options, Agent current) noexcept override;

 private:
  // A place where more than one choice was allowed.
  struct Node {
    AgentSet untried;
    Agent chosen;
  };

  std::uint32_t preemptions_max_;
  std::vector<Node> nodes_;  // of the schedule that runs
  std::size_t depth_ = 0;    // how many of them it has passed
  std::uint32_t preemptions_ = 0;
  bool started_ = false;
};

// Each agent has a random priority, and the highest that can act does. At depth - 1 random choices
// the one about to act falls below all others. They are drawn from the first 16 to 1,024 choices, a
// range drawn as well, since a seed alone must say where they are. Finds a bug of depth d among n
// agents and k choices with probability of at least 1 / (n k^(d - 1)) per schedule.
class RandomPriorities final : public Strategy {
 public:
  // Call before each run: the same seed makes the same choices.
  void start(std::uint64_t seed) noexcept;
  Agent choose(AgentSet options, Agent current) noexcept override;

 private:
  static constexpr std::size_t kAgents = std::size_t{2} * kThreadsMax;
  static constexpr std::uint32_t kDepthMax = 6;  // chosen by hand: most bugs need 3 or less

  std::array<Agent, kAgents> by_priority_{};        // highest first
  std::array<std::uint64_t, kDepthMax> fall_at_{};  // the choices before which somebody falls
  std::uint32_t falls_ = 0;
  std::uint64_t choices_ = 0;
};

// What was chosen before, and then the first option: the machine says when the choices do not fit.
class Repeat final : public Strategy {
 public:
  explicit Repeat(std::span<const Agent> choices) : choices_(choices) {}
  void start() noexcept { next_ = 0; }
  Agent choose(AgentSet options, Agent current) noexcept override;

 private:
  std::span<const Agent> choices_;
  std::size_t next_ = 0;
};

}  // namespace etude::explorer
