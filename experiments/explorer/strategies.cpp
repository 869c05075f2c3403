#include "experiments/explorer/strategies.h"

#include <algorithm>
#include <utility>

namespace etude::explorer {

bool BoundedSearch::next_schedule() noexcept {
  depth_ = 0;
  preemptions_ = 0;
  if (!std::exchange(started_, true)) return true;
  while (!nodes_.empty() && nodes_.back().untried == 0) nodes_.pop_back();
  if (nodes_.empty()) return false;
  Node& last = nodes_.back();
  last.chosen = lowest(last.untried);
  last.untried &= last.untried - 1;
  return true;
}

Agent BoundedSearch::choose(AgentSet options, Agent current) noexcept {
  const bool forced = current >= kThreadsMax || (options & only(current)) == 0;
  if (!forced && preemptions_ == preemptions_max_) return current;
  if (depth_ == nodes_.size()) {
    const Agent chosen = forced ? lowest(options) : current;
    nodes_.push_back({.untried = options & ~only(chosen), .chosen = chosen});
  }
  const Node& node = nodes_[depth_++];
  if (!forced && node.chosen != current) ++preemptions_;
  return node.chosen;
}

void RandomPriorities::start(std::uint64_t seed) noexcept {
  choices_ = 0;
  Rng rng(seed);
  for (std::uint32_t agent = 0; agent < kAgents; ++agent) by_priority_[agent] = agent;
  for (std::uint32_t left = kAgents; left > 1; --left) {
    std::swap(by_priority_[left - 1], by_priority_[rng.below(left)]);
  }
  falls_ = rng.below(kDepthMax);
  const std::uint32_t span = 16U << rng.below(7);
  for (std::uint32_t i = 0; i < falls_; ++i) fall_at_[i] = rng.below(span);
}

Agent RandomPriorities::choose(AgentSet options, Agent /*current*/) noexcept {
  const auto highest = [&] {
    return std::ranges::find_if(by_priority_,
                                [&](Agent agent) { return (options & only(agent)) != 0; });
  };
  auto chosen = highest();
  for (std::uint32_t i = 0; i < falls_; ++i) {
    if (fall_at_[i] != choices_) continue;
    std::rotate(chosen, chosen + 1, by_priority_.end());
    chosen = highest();
  }
  ++choices_;
  return *chosen;
}

Agent Repeat::choose(AgentSet options, Agent /*current*/) noexcept {
  return next_ < choices_.size() ? choices_[next_++] : lowest(options);
}

}  // namespace etude::explorer
