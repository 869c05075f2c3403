#include "core/runtime/worker.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "core/clock.h"
#include "core/failure.h"
#include "core/runtime/listener.h"

namespace etude {
namespace {

// How often deadlines are looked at. A deadline is kept to within this; every look costs one read
// of each socket's first cache line.
constexpr Nanos kSweepEvery_ns = 250 * kMillisecond;

// Accepts in one go, so that a flood of connections cannot keep a worker from its fibers.
constexpr int kAcceptsAtOnce = 64;

}  // namespace

Worker::Worker(WorkerId id, Crew& crew) : id_(id), crew_(crew) {}

void Worker::run() {
  // The thread's own context: made here, on the thread, for the thread sanitizer's sake.
  context_.become_this_thread();
  while (crew_.phase.load(std::memory_order_acquire) != Crew::Phase::stopping) {
    std::uint32_t carried = 0;
    while (carried < crew_.config.poll_every && carry_next() == Found::work) ++carried;
    had_more_ = carried == crew_.config.poll_every;
    // With an empty queue there is no look at the reactor before parking: to block in it is the
    // look, at once over when something is ready.
    if (had_more_) {
      look();
    } else if (search() == Found::nothing) {
      park();
    }
  }
}

Worker::Found Worker::carry_next() { return take(crew_.scheduler.next(id_)); }

Worker::Found Worker::take(Pick pick) {
  if (pick.task == nullptr) return Found::nothing;
  wake(crew_, crew_.parking.stop_search(id_, true));
  if (pick.offered > 0) {
    wake(crew_, crew_.parking.wake_for({.home = id_, .shared = true}, id_));
  }
  carry(static_cast<Fiber&>(*pick.task));
  return Found::work;
}

void Worker::carry(Fiber& fiber) noexcept {
  counters_.switches.add();
  const bool moved = fiber.last_ran() != id_ && fiber.last_ran() != kNoWorker;
  if (moved) counters_.migrations.add();
  const Nanos since_ns = std::exchange(fiber.runnable_since_ns, 0);
  if (since_ns != 0 && counters_.switches.value() % WorkerCounters::kDelaySampling == 0) {
    counters_.record_wait(monotonic_ns() - since_ns, moved);
  }
  fiber.carry_on(*this, context_);
  const AfterSwitch after = std::exchange(after_switch_, {});
  after.run(*this, fiber, after.argument);
}

void Worker::leave(Fiber& fiber, AfterSwitch after) noexcept {
  after_switch_ = after;
  fiber.switch_to(context_);
}

void Worker::look() {
  reactor_.poll(*this);
  counters_.polls.add();
  after_turn();
}

void Worker::after_turn() {
  const Nanos now_ns = monotonic_ns();
  last_look_ns_.store(now_ns, std::memory_order_relaxed);  // relaxed: a hint for claim_stuck()
  obey_phase();
  reactor_.collect();
  if (now_ns >= next_sweep_ns_) sweep(now_ns);
  take_in(now_ns);
  while (Timer* const due = timers_.pop_due(now_ns)) {
    counters_.timer_fires.add();
    due->sleeper->runnable_since_ns = now_ns;
    make_runnable(*due->sleeper, Origin::Kind::timer);
  }
  if (std::exchange(acceptable_, false) && phase_seen_ == Crew::Phase::serving) accept_some();
}

Worker::Found Worker::search() {
  if (crew_.config.io_claim == IoClaim::on && claim_stuck() == Found::work) return Found::work;
  if (!crew_.parking.start_search(id_)) return Found::nothing;
  for (std::uint32_t round = 0; round < crew_.config.search_rounds; ++round) {
    if (carry_next() == Found::work) return Found::work;
  }
  wake(crew_, crew_.parking.stop_search(id_, false));
  return Found::nothing;
}

void Worker::park() {
  crew_.parking.announce(id_);
  // The last look, after the announcement: whoever submits from now on sees it.
  const Pick pick = crew_.scheduler.next(id_);
  if (pick.task != nullptr || reactor_.has_retired() || phase() != phase_seen_) {
    crew_.parking.retract(id_);
    if (take(pick) == Found::nothing) after_turn();
    return;
  }
  if (crew_.parking.commit_sleep(id_)) {
    parked_.store(true, std::memory_order_relaxed);  // relaxed: a hint for claim_stuck()
    reactor_.wait(*this, next_due_ns());
    counters_.polls.add();
    parked_.store(false, std::memory_order_relaxed);
  }
  crew_.parking.awake(id_);
  after_turn();
}

// A worker in a long handler polls nothing. Its peers see that it has not looked for a while, and
// do it in its stead.
Worker::Found Worker::claim_stuck() {
  const Nanos now_ns = monotonic_ns();
  for (const auto& peer : crew_.workers) {
    if (peer.get() == this || peer->parked_.load(std::memory_order_relaxed)) continue;
    const Nanos unseen_ns = now_ns - peer->last_look_ns_.load(std::memory_order_relaxed);
    if (unseen_ns < crew_.config.claim_after_ns) continue;
    if (!peer->reactor_.try_poll(*this)) continue;
    counters_.claims.add();
  }
  if (ready_.empty()) return Found::nothing;
  take_in(now_ns);
  return Found::work;
}

void Worker::on_fiber_ready(Fiber& fiber, WakeReason reason) noexcept {
  fiber.wake_because(reason);
  ready_.push_back(&fiber);
}

// Accepted after the turn, not in it: a new socket takes the reactor's lock.
void Worker::on_acceptable() noexcept { acceptable_ = true; }

void Worker::take_in(Nanos now_ns) {
  if (ready_.empty()) return;
  counters_.io_events.add(ready_.size());
  const bool eager = crew_.config.wake_policy == WakePolicy::eager;
  std::uint32_t shared_count = 0;
  for (Fiber* const fiber : ready_) {
    fiber->runnable_since_ns = now_ns;
    const Placement placement =
        crew_.scheduler.submit(*fiber, id_, Origin::io(fiber->home(), fiber->last_ran()));
    if (placement.shared) ++shared_count;
    if (eager || !placement.shared) wake(crew_, crew_.parking.wake_for(placement, id_));
  }
  ready_.clear();
  // One wake for the whole batch, now that all of it waits; whoever wakes finds the rest and wakes
  // the next. None for a single task that this worker, with nothing else to do, takes at once.
  const bool keeps_it = shared_count == 1 && !had_more_;
  if (!eager && shared_count > 0 && !keeps_it) {
    wake(crew_, crew_.parking.wake_for({.home = id_, .shared = true}, id_));
  }
}

void Worker::sweep(Nanos now_ns) {
  next_sweep_ns_ = now_ns + kSweepEvery_ns;
  reactor_.sweep(*this, now_ns);
  crew_.fibers.trim(now_ns);
  if (phase_seen_ == Crew::Phase::serving) reactor_.resume_listening();
  // Again and again: a fiber that another worker carried may have begun to wait just behind the
  // first look.
  if (phase_seen_ >= Crew::Phase::closing) reactor_.tell_stopping(*this);
}

// A sleeping worker wakes for its timers, for its sweep while that has something to do, and, where
// idle workers claim, to see whether another one is stuck. That also while all sleep: who is woken
// by its own sockets rings nobody, and may be stuck next.
Nanos Worker::next_due_ns() const noexcept {
  Nanos due_ns = timers_.earliest_ns();
  if (reactor_.sockets_open() > 0 || reactor_.listening_paused() || crew_.fibers.has_spare()) {
    due_ns = std::min(due_ns, next_sweep_ns_);
  }
  if (crew_.config.io_claim == IoClaim::on && crew_.workers.size() > 1 &&
      crew_.connections_open.load(std::memory_order_relaxed) > 0) {  // relaxed: a hint
    due_ns = std::min(due_ns, monotonic_ns() + crew_.config.claim_after_ns);
  }
  return due_ns;
}

Crew::Phase Worker::phase() const noexcept {
  return crew_.phase.load(std::memory_order_seq_cst);  // seq_cst: part of the last look
}

void Worker::obey_phase() {
  const Crew::Phase now = phase();
  if (now == phase_seen_) return;
  if (phase_seen_ == Crew::Phase::serving) {
    if (listen_fd_ >= 0) {
      // Whoever has connected already is served; whoever comes now is refused by the kernel.
      while (accept_some() == Found::work) {
      }
      reactor_.stop_listening();
      shutdown(listen_fd_, SHUT_RDWR);
    }
    // release: whoever counts this worker sees the fibers that it has started.
    crew_.workers_draining.fetch_add(1, std::memory_order_release);
  }
  phase_seen_ = now;
  if (now >= Crew::Phase::closing) reactor_.tell_stopping(*this);
}

void Worker::listen(int listen_fd) {
  listen_fd_ = listen_fd;
  reactor_.listen(listen_fd);
}

// Found::work: there may be more to accept.
Worker::Found Worker::accept_some() {
  for (int nth = 0; nth < kAcceptsAtOnce; ++nth) {
    const Accepted accepted = accept_from(listen_fd_);
    switch (accepted.outcome) {
      case Accepted::Outcome::connection:
        take_connection(accepted.fd);
        break;
      case Accepted::Outcome::lost:
        break;
      case Accepted::Outcome::nothing:
        return Found::nothing;
      case Accepted::Outcome::refused:
        // The listener stays readable, and would be reported again at once and for ever: it is
        // left alone until the next sweep.
        counters_.accept_errors.add();
        reactor_.pause_listening();
        return Found::nothing;
    }
  }
  return Found::work;
}

void Worker::take_connection(int fd) {
  const std::uint32_t limit = crew_.config.connections_max;
  // relaxed: a count, nothing is published by it.
  const std::uint32_t open = crew_.connections_open.fetch_add(1, std::memory_order_relaxed);
  if (limit == 0 || open < limit) {
    Socket& socket = reactor_.adopt(fd);
    Crew& crew = crew_;
    if (spawn_from(crew, id_, id_, [&crew, &socket](Fiber& fiber) {
          crew.serve(socket, fiber);
          close_connection(crew, fiber, socket);
        })) {
      counters_.accepted.add();
      return;
    }
    reactor_.retire(socket);
  } else {
    close(fd);
  }
  counters_.refused.add();
  crew_.connections_open.fetch_sub(1, std::memory_order_relaxed);
}

void Worker::close_connection(Crew& crew, Fiber& fiber, Socket& socket) noexcept {
  Reactor& home = *socket.home;
  home.retire(socket);
  crew.connections_open.fetch_sub(1, std::memory_order_relaxed);
  const WorkerId self = fiber.worker();
  wake(crew, crew.parking.wake_for({.home = fiber.home(), .shared = false}, self));
}

bool Worker::spawn_from(Crew& crew, WorkerId from, WorkerId home, Fiber::Job job) {
  Fiber* const fiber = crew.fibers.acquire();
  if (fiber == nullptr) return false;
  fiber->begin(std::move(job), home);
  const Origin origin = from == kNoWorker ? Origin::remote() : Origin::spawn(home);
  wake(crew, crew.parking.wake_for(crew.scheduler.submit(*fiber, from, origin), from));
  return true;
}

void Worker::make_runnable(Fiber& fiber, Origin::Kind why) noexcept {
  const Origin origin{.kind = why, .home = fiber.home(), .last_ran = fiber.last_ran()};
  wake(crew_, crew_.parking.wake_for(crew_.scheduler.submit(fiber, id_, origin), id_));
}

void Worker::wake(Crew& crew, WorkerId sleeper) noexcept {
  if (sleeper != kNoWorker) crew.workers[index(sleeper)]->ring();
}

Nanos Worker::now_ns() const noexcept { return monotonic_ns(); }

}  // namespace etude
