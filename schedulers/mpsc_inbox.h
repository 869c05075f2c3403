// schedulers/mpsc_inbox.h
//
// Where other threads leave tasks for a worker: a stack through Task::link that anybody pushes on
// and that is emptied all at once, oldest first. It never gives out a single task.
//
// Threads:   all calls from any thread. Usually one consumer; a thief may take all as well, since
//            each task goes to exactly one take_all().
// Ownership: borrows its tasks; they belong to the list that take_all() returns.
// Ordering:  what was written before push(task) is visible to the take_all() that returns it.
//            Pushes of one thread come back in their order.
// Limits:    none; it allocates nothing. take_all() costs time per task, to turn them round.
// Source:    Treiber, IBM RJ 5118 (1986), less its pop(): taking all by one exchange reads no link
//            of a task that others could take meanwhile, so a task pushed again (ABA) is harmless.
//
// Turned down: Vyukov's queue (2010). Between its exchange and its store of the link, a stalled
// producer hides every later task, and a worker that sees "empty" then would park on waiting work.
//
// Why a taken task may be read:
//   (A) push() publishes by a release exchange, and every change of head_ is a read-modify-write.
//       So each push heads a release sequence that reaches to the take_all() which ends it: its
//       acquire synchronises with all pushes it takes, not only with the last. Links are plain.

#pragma once

#include <atomic>

#include "core/task.h"
#include "schedulers/task_list.h"

namespace etude {

template <template <typename> class Atomic>
class MpscInbox {
 public:
  void push(Task& task) noexcept {
    // relaxed: `head` is only passed on as the link; (A) makes it readable.
    Task* head = head_.load(std::memory_order_relaxed);
    do {
      task.link = head;
    } while (!head_.compare_exchange_weak(head, &task, std::memory_order_release,
                                          std::memory_order_relaxed));  // (A); a loser reads again
  }

  // False: it was seen empty. relaxed: nothing is read through it. It need not be newer than what
  // happened before this call, and core/runtime/parking.h puts every push it must not miss there.
  bool may_hold_tasks() const noexcept { return head_.load(std::memory_order_relaxed) != nullptr; }

  // Everything that waits here, oldest first; empty if another taker was faster.
  TaskList take_all() noexcept {
    TaskList oldest_first;
    Task* newest = head_.exchange(nullptr, std::memory_order_acquire);  // (A)
    while (newest != nullptr) {
      Task* const older = newest->link;
      oldest_first.push_front(*newest);
      newest = older;
    }
    return oldest_first;
  }

 private:
  Atomic<Task*> head_{nullptr};
};

}  // namespace etude
