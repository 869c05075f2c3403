#include "experiments/simulator/cores.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "core/failure.h"

namespace etude::sim {

Cores::Cores(World& world, const Charges& charges, GoOn go_on)
    : world_(world),
      charges_(charges),
      go_on_(std::move(go_on)),
      cores_(world.model.cores),
      idle_(world.model.cores) {}

std::uint32_t Cores::add_pinned(std::uint32_t core) {
  threads_.push_back({.core = core, .floats = false});
  return static_cast<std::uint32_t>(threads_.size() - 1);
}

std::uint32_t Cores::add_floating() {
  const auto number = static_cast<std::uint32_t>(threads_.size());
  threads_.push_back({.core = number % static_cast<std::uint32_t>(cores_.size()), .floats = true});
  return number;
}

void Cores::enter(std::uint32_t number) {
  Thread& thread = threads_[number];
  thread.left_ns = 0;
  if (thread.floats && idle_ > 0) thread.core = idle_core(thread.core);
  Core& core = cores_[thread.core];
  if (core.running == kNobody) {
    --idle_;
    give(thread.core, number, 0);
    return;
  }
  core.row.push(number);
  if (thread.floats) ++floating_waiting_;
  // Whoever ran alone had no end of its slice before it.
  if (core.row.size() == 1) schedule(thread.core);
}

void Cores::run(std::uint32_t number, Nanos length_ns) {
  Thread& thread = threads_[number];
  require(cores_[thread.core].running == number, "a thread that runs is on its core");
  thread.left_ns = length_ns;
  schedule(thread.core);
}

void Cores::leave(std::uint32_t number) {
  const std::uint32_t core = threads_[number].core;
  require(cores_[core].running == number, "a thread that leaves is on its core");
  give_to_next(core);
}

void Cores::turn(std::uint32_t at, std::uint32_t number) {
  Core& core = cores_[at];
  if ((core.turn & EventQueue::kValueMax) != number) return;
  account(core);
  const std::uint32_t running = core.running;
  if (threads_[running].left_ns == 0) {
    go_on_(running);
    return;
  }
  // The slice is over, and somebody waits.
  core.row.push(running);
  if (threads_[running].floats) ++floating_waiting_;
  give_to_next(at);
}

void Cores::give(std::uint32_t at, std::uint32_t thread, Nanos delay_ns) {
  Core& core = cores_[at];
  core.running = thread;
  core.since_ns = world_.now_ns() + delay_ns;
  core.slice_end_ns = core.since_ns + charges_.slice_ns;
  threads_[thread].core = at;
  schedule(at);
}

void Cores::give_to_next(std::uint32_t at) {
  Core& core = cores_[at];
  if (core.row.empty() && (floating_waiting_ == 0 || !pull(at))) {
    core.running = kNobody;
    ++core.turn;
    ++idle_;
    return;
  }
  const std::uint32_t next = core.row.pop();
  if (threads_[next].floats) --floating_waiting_;
  give(at, next, charges_.thread_switch_ns);
}

// The running one's next event: it is done, or its slice ends.
void Cores::schedule(std::uint32_t at) {
  Core& core = cores_[at];
  account(core);
  const Nanos from_ns = std::max(core.since_ns, world_.now_ns());
  Nanos next_ns = from_ns + threads_[core.running].left_ns;
  if (charges_.slice_ns > 0 && !core.row.empty() && next_ns > core.slice_end_ns) {
    next_ns = std::max(core.slice_end_ns, from_ns);
  }
  ++core.turn;
  world_.at(next_ns, For::core, at, core.turn & EventQueue::kValueMax);
}

void Cores::account_all() {
  for (Core& core : cores_) account(core);
}

void Cores::account(Core& core) {
  const Nanos now_ns = world_.now_ns();
  if (core.running == kNobody || now_ns <= core.since_ns) return;
  Thread& thread = threads_[core.running];
  const Nanos from_ns = std::max(core.since_ns, world_.measure_start_ns);
  const Nanos to_ns = std::min(now_ns, world_.measure_end_ns);
  if (to_ns > from_ns) thread.busy_ns += to_ns - from_ns;
  thread.ran_until_ns = now_ns;
  thread.left_ns = std::max<Nanos>(0, thread.left_ns - (now_ns - core.since_ns));
  core.since_ns = now_ns;
}

std::uint32_t Cores::idle_core(std::uint32_t nearest) const noexcept {
  const auto count = static_cast<std::uint32_t>(cores_.size());
  for (std::uint32_t step = 0; step < count; ++step) {
    const std::uint32_t core = (nearest + step) % count;
    if (cores_[core].running == kNobody) return core;
  }
  fail("an idle core is among the cores");
}

// Takes a floating thread from another core's row to this one's.
bool Cores::pull(std::uint32_t at) {
  const auto count = static_cast<std::uint32_t>(cores_.size());
  for (std::uint32_t step = 1; step < count; ++step) {
    Ring<std::uint32_t>& row = cores_[(at + step) % count].row;
    for (std::size_t i = 0; i < row.size(); ++i) {
      const Thread& thread = threads_[row.at(i)];
      if (!thread.floats) continue;
      if (world_.now_ns() - thread.ran_until_ns < charges_.pull_after_ns) continue;
      cores_[at].row.push(row.take(i));
      return true;
    }
  }
  return false;
}

}  // namespace etude::sim
