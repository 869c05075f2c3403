// schedulers/stealing.h
//
// How a worker without work asks its peers: one round over the domain from a random start, each
// peer looked at once; and how it takes one task, or half of what a peer has.
//
// Threads: the caller is the worker whose counters, rng and deque are passed.
// Limits:  a round looks at each peer once. Within one look a lost race is tried again, at most as
//          often as tasks were seen: after that many losses every one of them is somebody else's.
//          So "nothing" always means that the queue was seen empty of all that was there when the
//          look began. At most kStealMax tasks move at a time.

#pragma once

#include <algorithm>
#include <cstdint>

#include "core/counters.h"
#include "core/random.h"
#include "core/task.h"
#include "core/types.h"
#include "schedulers/chase_lev_deque.h"

namespace etude {

// Chosen by hand: a thief that carries more pays for tasks that others may take from it again.
inline constexpr std::int64_t kStealMax = 64;

enum class StealAmount : std::uint8_t { one, half };

// Workers first .. first + count - 1.
struct WorkerRange {
  std::uint32_t first;
  std::uint32_t count;
};

// Calls look(peer), a Task* or nullptr, for the peers of `self` until one has work. The start is
// random so that thieves spread; a random order of all would need a list per worker, and was
// turned down until a measurement asks for it.
template <typename Look>
Task* ask_peers(WorkerId self, WorkerRange domain, Rng& rng, SchedulerCounters& counters,
                Look&& look) noexcept {
  if (domain.count <= 1) return nullptr;
  const std::uint32_t start = rng.below(domain.count);
  for (std::uint32_t step = 0; step < domain.count; ++step) {
    const WorkerId peer{domain.first + (start + step) % domain.count};
    if (peer == self) continue;
    counters.steal_attempts.add();
    if (Task* const task = look(peer); task != nullptr) {
      counters.steal_successes.add();
      return task;
    }
  }
  return nullptr;
}

// How many tasks wait in the caller's own deque. Its bottom is never below its top between calls.
template <template <typename> class Atomic>
std::uint64_t own_depth(const ChaseLevDeque<Task, Atomic>& own) noexcept {
  return static_cast<std::uint64_t>(own.size());
}

// The oldest task, or nullptr: seen empty. Of a peer's deque or of one's own.
template <template <typename> class Atomic>
inline Task* take_oldest(ChaseLevDeque<Task, Atomic>& deque, SchedulerCounters& counters) noexcept {
  const std::int64_t seen = deque.size();
  for (std::int64_t lost = 0; lost < seen; ++lost) {
    Task* task = nullptr;
    const StealResult result = deque.steal(task);
    if (result == StealResult::taken) return task;
    if (result == StealResult::empty) return nullptr;
    counters.steal_lost.add();
  }
  return nullptr;
}

// Takes from `victim`: returns the oldest task, and moves up to half of the others to `own`, one
// by one (chase_lev_deque.h says why). `moved` rises by each task put there.
template <template <typename> class Atomic>
Task* steal_tasks(ChaseLevDeque<Task, Atomic>& victim, ChaseLevDeque<Task, Atomic>& own,
                  StealAmount amount, SchedulerCounters& counters, std::uint32_t& moved) noexcept {
  const std::int64_t seen = victim.size();
  Task* const first = take_oldest(victim, counters);
  if (first == nullptr) return nullptr;
  counters.steal_tasks.add();
  if (amount == StealAmount::one) return first;
  const std::int64_t wanted = std::min((seen + 1) / 2, kStealMax);
  for (std::int64_t taken = 1; taken < wanted; ++taken) {
    Task* const task = take_oldest(victim, counters);
    if (task == nullptr) break;
    counters.steal_tasks.add();
    own.push(*task);
    ++moved;
  }
  return first;
}

}  // namespace etude
