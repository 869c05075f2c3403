// core/runtime/parking.h
//
// Which worker sleeps and which one is woken: the idle and wake protocol between a scheduler and
// its driver. Passive, like a scheduler: it starts no thread, never blocks, reads no clock and
// allocates nothing after construction. The driver blocks (epoll_wait) and does the wake-up write
// (eventfd) to each worker that a call here returns. The loop of a worker:
//
//     pick = next(self)                              one full look
//     found:  wake(stop_search(self, true))          before it runs: (F). Free unless it searches
//             if offered: wake(wake_for({self, shared}, self));  run;  again
//     empty:  poll the reactor without blocking;  found: again
//             if start_search(self): a bounded number of next() rounds
//                 found: as above;  else stop_search(self, false)
//             announce(self);  pick = next(self);  found: retract(self), then as above
//             if commit_sleep(self): block;  in either case awake(self), and again
//
// Threads:  wake_for() from any thread; `from` is the calling worker, or kNoWorker. All others only
//           from the driver of `self`. Counters are readable at any time.
// Ordering: what was written before a wake_for() is visible after the awake() or retract() that
//           takes the notification.
// Limits:   kWorkersMax workers. A search for a sleeper looks at each permit of a domain once, and
//           again only if another worker announced meanwhile.
// Errors:   none. A broken precondition stops the process (core/failure.h).
// Source:   the spinning threads of Go's scheduler (Vyukov, 2012) and the idle set of Tokio
// (Lerche,
//           2019), with private queues added and without Tokio's lock. Modelled in
//           tests/models/wake.pml, run under every interleaving by experiments/explorer/.
//
// Why no wake-up is lost. "Sees" is in the one total order of the locked and seq_cst operations.
//   (A) announce() sets the permit to sleep, then lowers `awake` by a locked operation; the last
//       next() comes after both. wake_for() comes after submit(), and starts with a locked
//       operation of its own (E) before it reads counts or permit. So of a parking worker and a
//       submitter at least one sees the other: either that next() finds the task, or the
//       submitter finds the permit asleep (private) or `awake` too low (shared).
//   (B) A private task: only home's permit counts. run: home has not announced yet, so (A) its
//       last next() is still to come. sleep: this call turns it to notified and the caller
//       writes. notified: whoever turned it writes, and home looks after taking it.
//   (C) The wake-up write happens on sleep -> notified alone, so at most once per announce(), by
//       the one winner of that exchange. It may come before home blocks (commit_sleep() then says
//       no, or the doorbell is found rung) or after other I/O woke it (the next block ends early).
//       The doorbell must therefore remember a ring, as an eventfd does.
//   (D) A worker up for another reason (I/O, timer) took its permit back to run. A waker's exchange
//       then fails, and it goes on to the next sleeper: a wake is never spent on a worker that
//       was up already. If the wake came first, awake() finds it and keeps the search with it.
//   (F) A shared task is left to a searcher: any worker between its start_search() (or the wake
//       that made it one) and stop_search(). A searcher that finds work looks after the rest: the
//       last one to stop wakes one more. A searcher that finds none lowers `searching` and then
//       announces and looks again: by (A) it sees all that was left to it. What it finds in that
//       last look it may find along with more, so retract() makes it a searcher again.
//   (G) A waker counts itself as searching before it looks for a sleeper, in one exchange: so one
//       worker is woken at a time, and the count is there before the woken one can lower it. If all
//       have woken meanwhile it gives the count back. Others may have left tasks to it: it is done
//       only if nobody announced since its count; else it looks for a sleeper again. One who
//       announces after that is covered by (A).
//   (H) `shared_` is set before the operation (E). Who lowers `searching` reads it afterwards, so
//       it sees it whenever a task was left to it. Until then nothing is to be found at a peer's,
//       and policies that never share pay neither for searches nor for wakes of a second worker.
//
//   (E) A locked operation on the submitter's own line: a full barrier on x86, an ordered one on
//       Armv8.1. By the letter of C++20 it takes a free-standing fence, which the thread sanitizer
//       does not follow, or a read-modify-write of `counts`, which would make every submission
//       write one line that all share: a comparison of policies would measure that line.

#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <vector>

#include "core/counters.h"
#include "core/failure.h"
#include "core/scheduler.h"
#include "core/types.h"

namespace etude {

enum class WakePolicy : std::uint8_t {
  throttled,  // wake for a shared task only if no worker searches
  eager,      // wake a sleeper for each: for study
};

struct ParkingConfig {
  std::uint32_t workers = 1;
  WakePolicy wake_policy = WakePolicy::throttled;
  // Neighbours that can take each other's shared tasks (the scheduler's stealing domain): a wake
  // outside of it would be wasted. 0: all workers.
  std::uint32_t domain_workers = 0;
};

template <template <typename> class Atomic = std::atomic>
class Parking {
 public:
  static constexpr std::uint32_t kWorkersMax = 1'024;

  explicit Parking(const ParkingConfig& config);

  // Call after Scheduler::submit(), or once for a batch of shared ones, or for a Pick that offered
  // tasks. Returns the worker to write a wake-up to, or kNoWorker: nobody needs one.
  // Requires: a worker as `from` is not between announce() and retract() or awake().
  [[nodiscard]] WorkerId wake_for(Placement where, WorkerId from) noexcept;

  // May `self` look for work at its peers? False: half of the domain does, or nothing is shared.
  // True at once for one who searches already (woken or retracted).
  [[nodiscard]] bool start_search(WorkerId self) noexcept;

  // Ends the search, if `self` searches. Returns one more worker to wake, or kNoWorker.
  [[nodiscard]] WorkerId stop_search(WorkerId self, bool found) noexcept;

  // "I am about to block". Requires: `self` does not search. One full next(self) must follow.
  void announce(WorkerId self) noexcept {
    require(!own(self).searches, "stop_search() comes before announce()");
    // The permit first: whoever sees `awake` lowered finds a sleeper.
    permit(self).store(Permit::sleep, std::memory_order_seq_cst);              // (A)
    counts_of(self).fetch_add(kAnnounce - kAwake, std::memory_order_seq_cst);  // (A)
  }

  // Instead of commit_sleep(): that next() found something, or a poll did.
  void retract(WorkerId self) noexcept {
    const Permit before = permit(self).exchange(Permit::run, std::memory_order_seq_cst);  // (D)
    if (before != Permit::sleep) own(self).counters.wakes_received.add();
    // (F): a searcher again; its waker, if it had one for a shared task, has counted it as such.
    const std::uint64_t searcher = before == Permit::notified_to_search ? 0 : kSearcher;
    own(self).searches = true;
    counts_of(self).fetch_add(kAwake + searcher, std::memory_order_seq_cst);
  }

  // True: block now. False: notified meanwhile, do not. awake() follows in either case.
  [[nodiscard]] bool commit_sleep(WorkerId self) noexcept {
    // acquire: what the notifier submitted. If the notice comes after this load, the ring of the
    // doorbell does too: (C).
    if (permit(self).load(std::memory_order_acquire) != Permit::sleep) return false;
    own(self).counters.parks.add();
    return true;
  }

  // After blocking, whatever ended it, or after commit_sleep() said no.
  void awake(WorkerId self) noexcept {
    const Permit before = permit(self).exchange(Permit::run, std::memory_order_seq_cst);  // (D)
    if (before != Permit::sleep) own(self).counters.wakes_received.add();
    own(self).searches = before == Permit::notified_to_search;
    counts_of(self).fetch_add(kAwake, std::memory_order_seq_cst);
  }

  const ParkingCounters& counters(WorkerId worker) const noexcept { return own(worker).counters; }

 private:
  enum class Permit : std::uint32_t {
    run,                 // awake
    sleep,               // announced: blocks soon, or blocks
    notified,            // told to look again
    notified_to_search,  // the same, and counted as searching by its waker
  };

  // `counts`, from the low end: searching (16 bits), awake (16 bits), announces so far (32 bits,
  // wrapping). The last tells (G) whether anybody announced in between. awake lies above searching
  // and neither falls below zero, so no field borrows from the next.
  static constexpr std::uint64_t kSearcher = 1;
  static constexpr std::uint64_t kAwake = std::uint64_t{1} << 16U;
  static constexpr std::uint64_t kAnnounce = std::uint64_t{1} << 32U;
  static constexpr std::uint32_t searching(std::uint64_t counts) {
    return static_cast<std::uint32_t>(counts & 0xffffU);
  }
  static constexpr std::uint32_t running(std::uint64_t counts) { return searching(counts >> 16U); }
  static constexpr std::uint64_t announces(std::uint64_t counts) { return counts >> 32U; }

  template <typename Value>
  struct alignas(64) Line {
    Atomic<Value> value{Value{}};
  };
  struct alignas(64) Own {
    Atomic<std::uint32_t> barrier{0};  // (E): its value means nothing
    bool searches = false;             // touched by the owner alone
    ParkingCounters counters;
  };

  Atomic<std::uint64_t>& counts_of(WorkerId worker) noexcept {
    return counts_[index(worker) / domain_workers_].value;
  }
  Atomic<Permit>& permit(WorkerId worker) noexcept { return permits_[index(worker)].value; }
  Own& own(WorkerId worker) noexcept { return owns_[index(worker)]; }
  const Own& own(WorkerId worker) const noexcept { return owns_[index(worker)]; }

  bool notify(WorkerId worker, Permit kind, WorkerId from) noexcept;
  WorkerId wake_one(WorkerId start, WorkerId from, WakePolicy policy) noexcept;

  std::uint32_t domain_workers_;
  WakePolicy wake_policy_;
  std::vector<Line<std::uint64_t>> counts_;  // one per domain
  std::vector<Line<Permit>> permits_;        // read by submitters, written around parking only
  std::vector<Own> owns_;
  alignas(64) Atomic<bool> shared_{false};  // (H)
};

template <template <typename> class Atomic>
Parking<Atomic>::Parking(const ParkingConfig& config)
    : domain_workers_(config.domain_workers == 0 ? config.workers : config.domain_workers),
      wake_policy_(config.wake_policy),
      counts_(config.workers / std::max(domain_workers_, 1U)),
      permits_(config.workers),
      owns_(config.workers) {
  require(config.workers > 0, "at least one worker");
  require(config.workers <= kWorkersMax, "at most kWorkersMax workers");
  require(config.workers % domain_workers_ == 0, "domain_workers divides workers");
  for (Line<std::uint64_t>& counts : counts_) {
    // relaxed: nobody else knows this object yet.
    counts.value.store(kAwake * domain_workers_, std::memory_order_relaxed);
  }
}

template <template <typename> class Atomic>
WorkerId Parking<Atomic>::wake_for(Placement where, WorkerId from) noexcept {
  // A worker that gave itself a private task is awake, and calls next() before it may sleep.
  const bool shares = where.shared || where.offered > 0;
  if (!shares && where.home == from) return kNoWorker;
  // relaxed: (E) publishes it, and it never falls back.
  if (shares && !shared_.load(std::memory_order_relaxed)) {
    shared_.store(true, std::memory_order_relaxed);
  }
  const WorkerId start = where.home != kNoWorker ? where.home
                         : from != kNoWorker     ? from
                                                 : WorkerId{0};
  if (from != kNoWorker) {
    own(from).barrier.exchange(1, std::memory_order_seq_cst);  // (E)
  } else {
    counts_of(start).fetch_add(0, std::memory_order_seq_cst);  // (E): no line of its own
  }
  if (shares) return wake_one(start, from, wake_policy_);
  return notify(where.home, Permit::notified, from) ? where.home : kNoWorker;  // (B)
}

template <template <typename> class Atomic>
bool Parking<Atomic>::notify(WorkerId worker, Permit kind, WorkerId from) noexcept {
  Permit seen = permit(worker).load(std::memory_order_seq_cst);  // (A)
  if (seen != Permit::sleep) return false;
  // On success it publishes what was submitted. relaxed on failure: nothing read is used, (D).
  const bool won = permit(worker).compare_exchange_strong(seen, kind, std::memory_order_seq_cst,
                                                          std::memory_order_relaxed);
  if (won && from != kNoWorker) own(from).counters.wakes_sent.add();
  return won;
}

// Moves one sleeper of the domain to notified, unless `policy` says that the searchers suffice.
// The scan begins at the task's home, whose cache may know it, and goes on to its neighbours. It
// keeps no order of parking: any woken worker may take any shared task, an order would be one more
// line for all to write, and a fixed one lets far workers sleep on.
template <template <typename> class Atomic>
WorkerId Parking<Atomic>::wake_one(WorkerId start, WorkerId from, WakePolicy policy) noexcept {
  Atomic<std::uint64_t>& counts = counts_of(start);
  const std::uint32_t first = index(start) / domain_workers_ * domain_workers_;
  for (;;) {
    std::uint64_t seen = counts.load(std::memory_order_seq_cst);  // (A)
    do {
      if (policy == WakePolicy::throttled && searching(seen) > 0) return kNoWorker;  // (F)
      if (running(seen) >= domain_workers_) return kNoWorker;
    } while (!counts.compare_exchange_weak(seen, seen + kSearcher, std::memory_order_seq_cst,
                                           std::memory_order_seq_cst));  // (G)
    for (std::uint32_t step = 0; step < domain_workers_; ++step) {
      const WorkerId worker{first + (index(start) - first + step) % domain_workers_};
      if (notify(worker, Permit::notified_to_search, from)) return worker;
    }
    const std::uint64_t left = counts.fetch_sub(kSearcher, std::memory_order_seq_cst);
    if (announces(left) == announces(seen)) return kNoWorker;  // (G)
  }
}

template <template <typename> class Atomic>
bool Parking<Atomic>::start_search(WorkerId self) noexcept {
  if (own(self).searches) return true;
  if (!shared_.load(std::memory_order_relaxed)) return false;  // relaxed: only a hint here
  Atomic<std::uint64_t>& counts = counts_of(self);
  std::uint64_t seen = counts.load(std::memory_order_relaxed);  // relaxed: the exchange decides
  do {
    if ((searching(seen) + 1) * 2 > domain_workers_) return false;
  } while (!counts.compare_exchange_weak(seen, seen + kSearcher, std::memory_order_seq_cst,
                                         std::memory_order_relaxed));
  own(self).searches = true;
  return true;
}

template <template <typename> class Atomic>
WorkerId Parking<Atomic>::stop_search(WorkerId self, bool found) noexcept {
  if (!own(self).searches) return kNoWorker;
  own(self).searches = false;
  const std::uint64_t before = counts_of(self).fetch_sub(kSearcher, std::memory_order_seq_cst);
  if (!found) return kNoWorker;                 // (F): it announces and looks again
  if (searching(before) > 1) return kNoWorker;  // (F): somebody else is the last
  if (!shared_.load(std::memory_order_seq_cst)) return kNoWorker;  // (H)
  // One is enough under either policy, and only if nobody began to search since.
  return wake_one(self, self, WakePolicy::throttled);
}

}  // namespace etude
