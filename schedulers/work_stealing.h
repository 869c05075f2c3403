// schedulers/work_stealing.h
//
// Each worker has a deque that its peers may steal from, and an inbox for what comes from outside
// the domain. Every task but that in the slot is shared: whoever has nothing looks at each peer
// once, first at its deque, then at its inbox, so neither a stuck worker nor its unread inbox keeps
// work from others.
//
//   order=fifo  the owner takes its oldest task, like a thief, by an exchange on its own deque.
//               The default: each fiber serves one connection, and first come first served keeps
//               the tail short. No dearer than lifo, whose pop() pays for a full barrier instead.
//   order=lifo  the newest first, warm in the cache: for fork-join. After kNewestRunMax of them in
//               a row comes the oldest, and a look at the inbox, so that nobody starves. A yielded
//               task goes by way of the inbox, or it would come straight back.
//   steal       one task, or half of what the peer has; the rest waits with the thief.
//   slot=N      the newest task that the running one spawned or woke runs next, on this worker,
//   while
//               what it will read is warm; at most N times in a row, then it goes to the back. 0:
//               no slot. The slot is private, as a thief at once would defeat it: so one task, the
//               last that a long handler made runnable, waits for that handler's end. The one that
//               it displaces goes to the deque, and is offered.
//   domain=core steal only within the threads_per_core neighbours of one core (the guide's
//               multithread). A task stays in the domain of its home.
//
// `offered` counts the tasks that a call carried from slot, inbox or victim to its own deque: they
// were out of sight before, and a peer that looked just then may be asleep.
//
// Ordering: for each worker, order=fifo and no slot, tasks that it submitted come back in that
//           order, as long as nobody steals.
// Source:   Blumofe and Leiserson, JACM 46 (1999), doi 10.1145/324133.324234. Steal half: Hendler
//           and Shavit, PODC 2002, doi 10.1145/571825.571876. The slot: Go's runnext (2015) and
//           Tokio's LIFO slot (Lerche, 2019), with Tokio's cap.

#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <utility>

#include "core/random.h"
#include "schedulers/chase_lev_deque.h"
#include "schedulers/lanes.h"
#include "schedulers/mpsc_inbox.h"
#include "schedulers/parameter.h"
#include "schedulers/stealing.h"
#include "schedulers/task_list.h"

namespace etude {

template <template <typename> class Atomic>
struct alignas(64) WorkStealingLane {
  WorkStealingLane(const SchedulerConfig& config, WorkerId worker)
      : deque(config.tasks_max), rng(mix_seed(config.seed) + index(worker)) {}

  ChaseLevDeque<Task, Atomic> deque;
  Rng rng;                       // the owner's
  std::uint32_t newest_run = 0;  // the owner's: newest tasks taken in a row
  Task* slot = nullptr;          // the owner's alone
  std::uint32_t slot_run = 0;    // the owner's: tasks taken from the slot in a row
  SchedulerCounters counters;
  alignas(64) MpscInbox<Atomic> inbox;
};

template <template <typename> class Atomic>
class WorkStealing final : public LanePolicy<Atomic, WorkStealingLane<Atomic>> {
 public:
  static constexpr std::array<Parameter, 4> kParameters{{
      {.name = "order",
       .help = "which of its own tasks a worker takes: the oldest (fifo) or the newest (lifo)",
       .default_value = "fifo",
       .choices = {"fifo", "lifo"}},
      {.name = "steal",
       .help = "how much a thief takes: one task, or half of what its victim has",
       .default_value = "half",
       .choices = {"one", "half"}},
      {.name = "domain",
       .help = "whom a worker steals from: the threads of its own core, or all workers",
       .default_value = "all",
       .choices = {"core", "all"}},
      {.name = "slot",
       .help = "what the running task made runnable last goes next, so often in a row; 0: never",
       .default_value = "0",
       .min = 0,
       .max = 16},
  }};

  explicit WorkStealing(const SchedulerConfig& config);

  Placement submit(Task& task, WorkerId from, Origin origin) noexcept override;
  Pick next(WorkerId self) noexcept override;
  std::uint32_t domain_workers() const noexcept override { return domain_workers_; }

 private:
  using Lane = WorkStealingLane<Atomic>;
  enum class Order : std::uint8_t { fifo, lifo };
  // Chosen by hand: an old task waits for at most 16 younger ones.
  static constexpr std::uint32_t kNewestRunMax = 16;

  WorkerRange domain_of(WorkerId worker) const noexcept;
  bool same_domain(WorkerId one, WorkerId other) const noexcept;
  std::uint64_t depth(const Lane& mine) const noexcept {
    return own_depth(mine.deque) + (mine.slot != nullptr ? 1 : 0);
  }
  Placement put_in_slot(Task& task, WorkerId self, Lane& mine) noexcept;
  Task* take_slot(Lane& mine) noexcept;
  Task* take_queued(Lane& mine) noexcept;
  Pick take_in(WorkerId self, Lane& mine, Task* queued, bool in_inbox) noexcept;
  Pick take(Task& own, std::uint32_t moved, Lane& mine) noexcept;
  Pick steal(WorkerId self, Lane& mine) noexcept;
  std::uint32_t offer(std::uint32_t moved, Lane& mine) noexcept;
  TaskList empty_inbox(Lane& of, Lane& mine) noexcept;
  Task* raid_inbox(Lane& victim, Lane& mine, std::uint32_t& moved) noexcept;
  std::uint32_t keep(TaskList& tasks, Lane& mine) noexcept;

  Order order_;
  StealAmount steal_;
  std::uint32_t slot_;            // 0: none
  std::uint32_t domain_workers_;  // 0: all
  bool shared_;                   // the domain has more than one worker
};

template <template <typename> class Atomic>
WorkStealing<Atomic>::WorkStealing(const SchedulerConfig& config)
    : LanePolicy<Atomic, Lane>(config),
      order_(setting(config, kParameters, "order") == "lifo" ? Order::lifo : Order::fifo),
      steal_(setting(config, kParameters, "steal") == "one" ? StealAmount::one : StealAmount::half),
      slot_(number_setting(config, kParameters, "slot")),
      domain_workers_(setting(config, kParameters, "domain") == "core" ? config.threads_per_core
                                                                       : 0),
      shared_(config.workers > 1 && domain_workers_ != 1) {}

template <template <typename> class Atomic>
WorkerRange WorkStealing<Atomic>::domain_of(WorkerId worker) const noexcept {
  if (domain_workers_ == 0) return {.first = 0, .count = this->workers()};
  const std::uint32_t first = index(worker) / domain_workers_ * domain_workers_;
  return {.first = first, .count = std::min(domain_workers_, this->workers() - first)};
}

template <template <typename> class Atomic>
bool WorkStealing<Atomic>::same_domain(WorkerId one, WorkerId other) const noexcept {
  return domain_workers_ == 0 || index(one) / domain_workers_ == index(other) / domain_workers_;
}

// A worker keeps what it submits, if the task may run in its domain: a peer can come for it, and
// no other line has to be written.
template <template <typename> class Atomic>
Placement WorkStealing<Atomic>::submit(Task& task, WorkerId from, Origin origin) noexcept {
  WorkerId home = from;
  if (from == kNoWorker || domain_workers_ != 0) {
    home = this->home_for(origin, from);
    if (from != kNoWorker && same_domain(home, from)) home = from;
  }
  Lane& lane = this->lane(home);
  const bool to_the_back = order_ == Order::lifo && origin.kind == Origin::Kind::yielded;
  if (home != from || to_the_back) {
    lane.inbox.push(task);
    return {.home = home, .shared = shared_};
  }
  const bool by_a_task = origin.kind == Origin::Kind::spawned || origin.kind == Origin::Kind::woken;
  if (slot_ > 0 && by_a_task) return put_in_slot(task, from, lane);
  lane.deque.push(task);
  lane.counters.local_submits.add();
  note_depth(lane.counters, depth(lane));
  return {.home = home, .shared = shared_};
}

template <template <typename> class Atomic>
Placement WorkStealing<Atomic>::put_in_slot(Task& task, WorkerId self, Lane& mine) noexcept {
  Task* const before = std::exchange(mine.slot, &task);
  if (before != nullptr) mine.deque.push(*before);
  mine.counters.local_submits.add();
  note_depth(mine.counters, depth(mine));
  const std::uint32_t displaced = offer(before != nullptr ? 1 : 0, mine);
  return {.home = self, .shared = false, .offered = displaced};
}

template <template <typename> class Atomic>
Pick WorkStealing<Atomic>::next(WorkerId self) noexcept {
  Lane& mine = this->lane(self);
  Task* task = take_slot(mine);
  if (task == nullptr) {
    task = take_queued(mine);
    const bool inbox_is_due = order_ == Order::fifo || mine.newest_run == 0 || task == nullptr;
    const bool in_inbox = inbox_is_due && mine.inbox.may_hold_tasks();
    if (in_inbox || mine.slot != nullptr) return take_in(self, mine, task, in_inbox);
  }
  return task != nullptr ? take(*task, 0, mine) : steal(self, mine);
}

template <template <typename> class Atomic>
inline Task* WorkStealing<Atomic>::take_slot(Lane& mine) noexcept {
  if (slot_ == 0) return nullptr;
  if (mine.slot == nullptr || mine.slot_run == slot_) {
    mine.slot_run = 0;
    return nullptr;
  }
  ++mine.slot_run;
  return std::exchange(mine.slot, nullptr);
}

template <template <typename> class Atomic>
inline Task* WorkStealing<Atomic>::take_queued(Lane& mine) noexcept {
  if (order_ == Order::lifo) {
    if (mine.newest_run < kNewestRunMax) {
      ++mine.newest_run;
      return mine.deque.pop();
    }
    mine.newest_run = 0;
  }
  return take_oldest(mine.deque, mine.counters);
}

// next(), once it has looked at its deque, with more to look at: inbox and slot. What is in the
// slot has had its turns: it goes behind all else, or runs if that is nothing.
template <template <typename> class Atomic>
Pick WorkStealing<Atomic>::take_in(WorkerId self, Lane& mine, Task* queued,
                                   bool in_inbox) noexcept {
  Task* task = queued;
  std::uint32_t moved = 0;
  if (in_inbox) {
    TaskList arrivals = empty_inbox(mine, mine);
    if (task == nullptr) task = arrivals.pop();
    moved = keep(arrivals, mine);
  }
  Task* last = std::exchange(mine.slot, nullptr);
  if (task == nullptr) std::swap(task, last);
  if (last != nullptr) {
    mine.deque.push(*last);
    ++moved;
  }
  return task != nullptr ? take(*task, moved, mine) : steal(self, mine);
}

template <template <typename> class Atomic>
inline Pick WorkStealing<Atomic>::take(Task& own, std::uint32_t moved, Lane& mine) noexcept {
  mine.counters.local_takes.add();
  note_depth(mine.counters, depth(mine));
  return {.task = &own, .offered = offer(moved, mine)};
}

template <template <typename> class Atomic>
Pick WorkStealing<Atomic>::steal(WorkerId self, Lane& mine) noexcept {
  std::uint32_t moved = 0;
  Task* const stolen =
      ask_peers(self, domain_of(self), mine.rng, mine.counters, [&](WorkerId peer) {
        Lane& victim = this->lane(peer);
        Task* const task = steal_tasks(victim.deque, mine.deque, steal_, mine.counters, moved);
        return task != nullptr ? task : raid_inbox(victim, mine, moved);
      });
  note_depth(mine.counters, depth(mine));
  return {.task = stolen, .offered = offer(moved, mine)};
}

// What this call put into the deque is for the peers, if there are any.
template <template <typename> class Atomic>
inline std::uint32_t WorkStealing<Atomic>::offer(std::uint32_t moved, Lane& mine) noexcept {
  if (!shared_) moved = 0;
  if (moved > 0) mine.counters.offered.add(moved);
  return moved;
}

template <template <typename> class Atomic>
TaskList WorkStealing<Atomic>::empty_inbox(Lane& of, Lane& mine) noexcept {
  TaskList arrivals = of.inbox.take_all();
  mine.counters.remote_submits.add(arrivals.size());
  return arrivals;
}

// All of it, whatever `steal` says: an inbox gives out no single task, and what were put back would
// lose its place.
template <template <typename> class Atomic>
Task* WorkStealing<Atomic>::raid_inbox(Lane& victim, Lane& mine, std::uint32_t& moved) noexcept {
  if (!victim.inbox.may_hold_tasks()) return nullptr;
  TaskList loot = empty_inbox(victim, mine);
  mine.counters.steal_tasks.add(loot.size());
  Task* const oldest = loot.pop();
  moved += keep(loot, mine);
  return oldest;
}

// Makes `tasks` wait with `mine`, in their order, and says how many they were.
template <template <typename> class Atomic>
std::uint32_t WorkStealing<Atomic>::keep(TaskList& tasks, Lane& mine) noexcept {
  const std::uint32_t count = tasks.size();
  while (Task* const task = tasks.pop()) mine.deque.push(*task);
  return count;
}

extern template class WorkStealing<std::atomic>;

}  // namespace etude
