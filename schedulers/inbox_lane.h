// schedulers/inbox_lane.h
//
// A worker's private queue: a plain list of its own, and an inbox for what others bring. All a
// policy needs that decides once, in submit(), where a task runs.
//
// Threads:  put() with Hand::owner, and take(), collect() by the lane's worker; put() with
//           Hand::other by any thread.
// Ordering: take() returns tasks in order of arrival; one from the inbox arrives with the next
//           take() of the worker.

#pragma once

#include <cstdint>

#include "core/counters.h"
#include "schedulers/lanes.h"
#include "schedulers/mpsc_inbox.h"
#include "schedulers/task_list.h"

namespace etude {

enum class Hand : std::uint8_t { owner, other };

template <template <typename> class Atomic>
struct alignas(64) InboxLane {
  TaskList waiting;
  SchedulerCounters counters;
  alignas(64) MpscInbox<Atomic> inbox;

  void put(Task& task, Hand by) noexcept {
    if (by == Hand::other) return inbox.push(task);
    waiting.push(task);
    note_depth(counters, waiting.size());
    counters.local_submits.add();
  }

  // Moves what others brought to the end of the list.
  void collect() noexcept {
    if (!inbox.may_hold_tasks()) return;
    TaskList arrivals = inbox.take_all();
    counters.remote_submits.add(arrivals.size());
    waiting.append(arrivals);
    note_depth(counters, waiting.size());
  }

  // The oldest task, or nullptr: both list and inbox were seen empty.
  Task* take() noexcept {
    collect();
    Task* const task = waiting.pop();
    if (task == nullptr) return nullptr;
    counters.depth.set(waiting.size());
    counters.local_takes.add();
    return task;
  }
};

}  // namespace etude
