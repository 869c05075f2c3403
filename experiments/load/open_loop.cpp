#include "experiments/load/open_loop.h"

namespace etude::load {

void OpenLoop::collect(Nanos until_ns, Nanos now_ns) {
  for (; next_arrival_ns() <= until_ns; arrivals_.pop()) {
    waiting_.push_back({.intended_ns = next_arrival_ns(),
                        .collected_ns = now_ns,
                        .number = arrivals_.peek_number()});
  }
}

void OpenLoop::offer(std::uint32_t slot) {
  if (is_roomy_[slot]) return;
  is_roomy_[slot] = true;
  roomy_.push_back(slot);
}

std::optional<std::uint32_t> OpenLoop::take_connection() {
  if (waiting_.empty() || roomy_.empty()) return {};
  const std::uint32_t slot = roomy_.front();
  roomy_.pop_front();
  is_roomy_[slot] = false;
  return slot;
}

OpenLoop::Due OpenLoop::take_due() {
  const Due due = waiting_.front();
  waiting_.pop_front();
  return due;
}

std::uint64_t OpenLoop::give_up(Nanos latest_ns) {
  std::uint64_t count = 0;
  for (; !waiting_.empty() && waiting_.front().intended_ns <= latest_ns; waiting_.pop_front()) {
    ++count;
  }
  return count;
}

}  // namespace etude::load
