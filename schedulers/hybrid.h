// schedulers/hybrid.h
//
// A private queue while all is calm, a shared one when sharing helps. Each worker keeps a plain
// list and, before it in order, a deque that peers may steal from. submit() appends to the list and
// nobody else is told. next() takes a task for itself first and then, in sharing mode, moves the
// surplus from the list to the deque and says how many it offered.
//
// Sharing mode begins when a peer is hungry or `share_at` tasks wait here, and ends when nobody is
// hungry and at most `share_until` wait: the gap keeps it from flapping. Hungry is a worker from a
// next() that found nothing to one that does. The count of them is one word that all read, and that
// is written only on such a change.
//
// Why the surplus, and not each task as it comes: the one that a worker is about to take itself is
// of no use to a sleeper, and a wake-up costs more than most tasks. So one lone request at a time
// never wakes a second worker, and a batch from the reactor wakes one at most.
//
// Limits:   while calm, what waits behind a task that keeps its worker for long waits as it would
//           under `fifo`; at most share_at - 1 tasks do. A worker's inbox is its own.
// Ordering: the deque holds what came before the list, and both are taken oldest first: for each
//           worker its tasks come back in order of arrival, as long as nobody steals.
// Source:   private deques: Acar, Charguéraud and Rainey, PPoPP 2013, doi 10.1145/2442516.2442538;
//           here the owner gives before it is asked again, so that no thief waits for an answer.

#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "core/random.h"
#include "schedulers/chase_lev_deque.h"
#include "schedulers/inbox_lane.h"
#include "schedulers/lanes.h"
#include "schedulers/parameter.h"
#include "schedulers/stealing.h"

namespace etude {

template <template <typename> class Atomic>
struct HybridLane : InboxLane<Atomic> {
  HybridLane(const SchedulerConfig& config, WorkerId worker)
      : rng(mix_seed(config.seed) + index(worker)), deque(config.tasks_max) {}

  // The owner's alone, as is the list.
  bool sharing = false;
  bool hungry = false;          // counted in Hybrid::hungry_
  bool deque_may_hold = false;  // false: the deque is empty, do not even look
  Rng rng;

  ChaseLevDeque<Task, Atomic> deque;
};

template <template <typename> class Atomic>
class Hybrid final : public LanePolicy<Atomic, HybridLane<Atomic>> {
 public:
  static constexpr std::array<Parameter, 4> kParameters{{
      {.name = "hungry",
       .help = "share while a peer has nothing to do",
       .default_value = "on",
       .choices = {"on", "off"}},
      {.name = "share_at",
       .help = "share when this many tasks wait with one worker",
       .default_value = "32",
       .min = 1,
       .max = 1'000'000'000},
      {.name = "share_until",
       .help = "stop when no more than this many do; below share_at",
       .default_value = "8",
       .min = 0,
       .max = 999'999'999},
      {.name = "steal",
       .help = "how much a thief takes: one task, or half of what its victim shares",
       .default_value = "half",
       .choices = {"one", "half"}},
  }};

  explicit Hybrid(const SchedulerConfig& config);

  Placement submit(Task& task, WorkerId from, Origin origin) noexcept override;
  Pick next(WorkerId self) noexcept override;

 private:
  using Lane = HybridLane<Atomic>;
  // Chosen by hand: bounds what one next() moves.
  static constexpr std::uint32_t kOfferMax = 32;

  static std::uint64_t depth(const Lane& mine) noexcept {
    return mine.waiting.size() + (mine.deque_may_hold ? own_depth(mine.deque) : 0);
  }
  Task* take_own(Lane& mine) noexcept;
  Task* steal(WorkerId self, Lane& mine, std::uint32_t& moved) noexcept;
  std::uint32_t share_surplus(Lane& mine) noexcept;
  void set_hungry(Lane& mine, bool hungry) noexcept;

  bool heeds_hunger_;
  std::uint32_t share_at_;
  std::uint32_t share_until_;
  StealAmount steal_;
  alignas(64) Atomic<std::uint32_t> hungry_{0};  // workers whose last next() found nothing
};

template <template <typename> class Atomic>
Hybrid<Atomic>::Hybrid(const SchedulerConfig& config)
    : LanePolicy<Atomic, Lane>(config),
      heeds_hunger_(setting(config, kParameters, "hungry") == "on"),
      share_at_(number_setting(config, kParameters, "share_at")),
      share_until_(number_setting(config, kParameters, "share_until")),
      steal_(setting(config, kParameters, "steal") == "one" ? StealAmount::one
                                                            : StealAmount::half) {
  if (share_until_ >= share_at_) {
    throw Error("scheduler hybrid", "share_until is not below share_at",
                "sharing must end at a smaller depth than it begins at");
  }
}

template <template <typename> class Atomic>
Placement Hybrid<Atomic>::submit(Task& task, WorkerId from, Origin origin) noexcept {
  // A worker keeps what it makes runnable, wherever it ran before: it shares by offering.
  const WorkerId home = from != kNoWorker ? from : this->home_for(origin, kNoWorker);
  Lane& lane = this->lane(home);
  lane.put(task, home == from ? Hand::owner : Hand::other);
  if (home == from && lane.deque_may_hold) note_depth(lane.counters, depth(lane));
  return {.home = home, .shared = false};
}

template <template <typename> class Atomic>
Pick Hybrid<Atomic>::next(WorkerId self) noexcept {
  Lane& mine = this->lane(self);
  mine.collect();
  if (mine.deque_may_hold) note_depth(mine.counters, depth(mine));
  std::uint32_t moved = 0;
  Task* task = take_own(mine);
  if (task != nullptr) {
    mine.counters.local_takes.add();
  } else {
    task = steal(self, mine, moved);
  }
  set_hungry(mine, task == nullptr);
  if (task != nullptr && this->workers() > 1) moved += share_surplus(mine);
  if (moved > 0) mine.counters.offered.add(moved);
  note_depth(mine.counters, depth(mine));
  return {.task = task, .offered = moved};
}

template <template <typename> class Atomic>
Task* Hybrid<Atomic>::take_own(Lane& mine) noexcept {
  if (mine.deque_may_hold) {
    Task* const shared = take_oldest(mine.deque, mine.counters);
    if (shared != nullptr) return shared;
    mine.deque_may_hold = false;  // only the owner fills it
  }
  return mine.waiting.pop();
}

template <template <typename> class Atomic>
Task* Hybrid<Atomic>::steal(WorkerId self, Lane& mine, std::uint32_t& moved) noexcept {
  const WorkerRange all{.first = 0, .count = this->workers()};
  Task* const task = ask_peers(self, all, mine.rng, mine.counters, [&](WorkerId peer) {
    return steal_tasks(this->lane(peer).deque, mine.deque, steal_, mine.counters, moved);
  });
  if (moved > 0) mine.deque_may_hold = true;
  return task;
}

template <template <typename> class Atomic>
std::uint32_t Hybrid<Atomic>::share_surplus(Lane& mine) noexcept {
  // relaxed: a hint. Who misses a peer's hunger now sees it at one of the next calls, and runs its
  // private tasks itself until then; no wake-up depends on it.
  const bool wanted = heeds_hunger_ && hungry_.load(std::memory_order_relaxed) > 0;
  if (wanted) {
    mine.sharing = true;
  } else {
    const std::uint64_t waiting = depth(mine);
    if (waiting >= share_at_) mine.sharing = true;
    if (waiting <= share_until_) mine.sharing = false;
  }
  if (!mine.sharing) return 0;

  std::uint32_t moved = 0;
  while (moved < kOfferMax) {
    Task* const task = mine.waiting.pop();
    if (task == nullptr) break;
    mine.deque.push(*task);
    ++moved;
  }
  if (moved > 0) mine.deque_may_hold = true;
  return moved;
}

template <template <typename> class Atomic>
void Hybrid<Atomic>::set_hungry(Lane& mine, bool hungry) noexcept {
  if (mine.hungry == hungry || !heeds_hunger_) return;
  mine.hungry = hungry;
  // relaxed: see share_surplus(). The count alone matters, and each worker undoes only its own.
  if (hungry) {
    hungry_.fetch_add(1, std::memory_order_relaxed);
  } else {
    hungry_.fetch_sub(1, std::memory_order_relaxed);
  }
}

extern template class Hybrid<std::atomic>;

}  // namespace etude
