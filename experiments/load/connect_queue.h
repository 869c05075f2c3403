// experiments/load/connect_queue.h
//
// Which connections are to be made, and how fast: a listening socket's backlog is short (4,096 at
// most by default), and a SYN that finds it full is sent again a second later. So only a few
// start in each millisecond, only a few are under way at once, and a refused one waits.
//
// Threads: one.

#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <limits>
#include <optional>

#include "core/types.h"

namespace etude::load {

class ConnectQueue {
 public:
  // The load's threads share the pace.
  explicit ConnectQueue(std::uint32_t threads)
      : starts_per_tick_(std::max(1U, kStartsPerTick / threads)),
        under_way_max_(std::max(1U, kUnderWayMax / threads)) {}

  void add(std::uint32_t connection, Nanos not_before_ns) {
    waiting_.push_back({connection, not_before_ns});
  }

  // The next connection to start at `now_ns`, or none yet.
  std::optional<std::uint32_t> take(Nanos now_ns, std::uint32_t under_way) {
    if (waiting_.empty() || under_way >= under_way_max_) return {};
    if (waiting_.front().not_before_ns > now_ns) return {};
    if (now_ns >= tick_end_ns_) {
      tick_end_ns_ = now_ns + kTick_ns;
      starts_left_ = starts_per_tick_;
    }
    if (starts_left_ == 0) return {};
    --starts_left_;
    const std::uint32_t connection = waiting_.front().connection;
    waiting_.pop_front();
    return connection;
  }

  // When to ask again, should nothing else happen before.
  Nanos next_ns(std::uint32_t under_way) const noexcept {
    if (waiting_.empty() || under_way >= under_way_max_) return std::numeric_limits<Nanos>::max();
    return std::max(waiting_.front().not_before_ns, starts_left_ == 0 ? tick_end_ns_ : 0);
  }

 private:
  // Chosen by hand: 16,384 connections take half a second, about what a server on one core can
  // accept in that time.
  static constexpr Nanos kTick_ns = kMillisecond;
  static constexpr std::uint32_t kStartsPerTick = 32;
  static constexpr std::uint32_t kUnderWayMax = 256;

  struct Waiting {
    std::uint32_t connection;
    Nanos not_before_ns;  // the delay after a refusal is one constant, so the queue stays in order
  };

  std::uint32_t starts_per_tick_;
  std::uint32_t under_way_max_;
  std::deque<Waiting> waiting_;
  std::uint32_t starts_left_ = 0;
  Nanos tick_end_ns_ = 0;
};

}  // namespace etude::load
