// experiments/load/sent_log.h
//
// The unanswered requests of one connection, oldest first, in groups that share their times: a
// ring that grows to what the connection really needs, during the warm-up as a rule.
//
// Threads: one.

#pragma once

#include <cstdint>
#include <vector>

#include "core/types.h"

namespace etude::load {

struct SentGroup {
  Nanos intended_ns = 0;         // when the schedule wanted them sent; closed loop: 0, nobody asked
  Nanos send_ns = 0;             // when they were first offered to the kernel; 0: not yet
  Nanos population_wait_ns = 0;  // of the time between: no connection had room, the client idled
  std::uint32_t count = 0;
  std::uint32_t position = 0;  // of the first unanswered one, on the tape
};

class SentLog {
 public:
  bool empty() const noexcept { return size_ == 0; }
  std::size_t size() const noexcept { return size_; }
  SentGroup& front() noexcept { return groups_[head_]; }
  const SentGroup& front() const noexcept { return groups_[head_]; }
  SentGroup& at(std::size_t i) noexcept { return groups_[(head_ + i) & (groups_.size() - 1)]; }

  void push(const SentGroup& group) {
    if (size_ == groups_.size()) grow();
    ++size_;
    at(size_ - 1) = group;
  }
  void pop() noexcept {
    // An empty log begins at its first group again, the one that is in the cache.
    head_ = --size_ == 0 ? 0 : (head_ + 1) & (groups_.size() - 1);
  }
  void clear() noexcept { head_ = size_ = 0; }

 private:
  void grow() {
    std::vector<SentGroup> wider(groups_.empty() ? 1 : groups_.size() * 2);
    for (std::size_t i = 0; i < size_; ++i) wider[i] = at(i);
    groups_.swap(wider);
    head_ = 0;
  }

  std::vector<SentGroup> groups_;  // its size is a power of two
  std::size_t head_ = 0;
  std::size_t size_ = 0;
};

}  // namespace etude::load
