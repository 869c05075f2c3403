// experiments/load/think_times.h
//
// How long the users of a closed loop think between an answer and their next request: when each
// connection may send again. The draws of a connection depend on the seed and its number alone.
//
// Threads: one.
// Limits:  a think time ends when the client next looks, not before it is over.

#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <queue>
#include <vector>

#include "core/random.h"
#include "core/types.h"
#include "experiments/load/options.h"

namespace etude::load {

class ThinkTimes {
 public:
  // For the connections numbered from `first`, in slots from 0.
  ThinkTimes(Think think, std::uint64_t seed, std::uint32_t first, std::uint32_t connections)
      : think_(think), until_ns_(connections, 0) {
    constexpr std::uint64_t kThinkStream = 0x7468'696e'6b00'0000U;
    for (std::uint32_t slot = 0; slot < connections; ++slot) {
      rngs_.emplace_back(mix_seed(seed ^ kThinkStream) + first + slot);
    }
  }

  // The first think time of a connection is uniform up to the mean when they are fixed, or all
  // connections would send at once for ever. No effect on one that is thinking.
  void start(std::uint32_t slot, Nanos now_ns, bool first) {
    if (until_ns_[slot] != 0) return;
    Rng& rng = rngs_[slot];
    const auto mean_ns = static_cast<double>(think_.mean_ns);
    double length_ns = mean_ns;
    if (think_.exponential) {
      length_ns = rng.exponential(mean_ns);
    } else if (first) {
      length_ns = mean_ns * rng.uniform();
    }
    until_ns_[slot] = now_ns + static_cast<Nanos>(length_ns);
    order_.push({until_ns_[slot], slot});
  }

  // The connection was lost: it thinks anew once it is back.
  void cancel(std::uint32_t slot) noexcept { until_ns_[slot] = 0; }

  // A connection that has thought long enough.
  std::optional<std::uint32_t> take(Nanos now_ns) {
    while (!order_.empty() && order_.top().until_ns <= now_ns) {
      const Entry entry = order_.top();
      order_.pop();
      if (until_ns_[entry.slot] != entry.until_ns) continue;  // cancelled
      until_ns_[entry.slot] = 0;
      return entry.slot;
    }
    return {};
  }

  Nanos next_ns() const noexcept {
    return order_.empty() ? std::numeric_limits<Nanos>::max() : order_.top().until_ns;
  }

 private:
  struct Entry {
    Nanos until_ns;
    std::uint32_t slot;
    bool operator>(const Entry& other) const noexcept { return until_ns > other.until_ns; }
  };

  Think think_;
  std::vector<Nanos> until_ns_;  // by slot; 0: not thinking
  std::vector<Rng> rngs_;        // by slot
  std::priority_queue<Entry, std::vector<Entry>, std::greater<>> order_;
};

}  // namespace etude::load
