// experiments/simulator/waiting.h
//
// How many tasks wait in the scheduler, where, and which idle workers might have taken them: the
// queue depth over time, and the integral of work that was not conserved. It is told of each
// change, and does arithmetic only when the answer changes.
//
// Threads: one.
// Limits:  which private tasks an `offered` speaks of is not told by a scheduler: the oldest
//          account is drawn from, which keeps every sum right.

#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "core/scheduler.h"
#include "core/types.h"

namespace etude::sim {

class Waiting {
 public:
  // `domain_workers`: how far "shared" reaches; 0: everybody.
  Waiting(std::uint32_t workers, std::uint32_t domain_workers)
      : domain_workers_(domain_workers == 0 ? workers : domain_workers),
        domains_(workers / domain_workers_),
        workers_(workers) {}

  void submitted(Nanos now_ns, Placement where) {
    count(now_ns, 1);
    Domain& domain = domain_of(where.home);
    if (where.shared) {
      ++domain.shared;
    } else {
      ++workers_[index(where.home)].own;
    }
    if (where.offered > 0) share(domain, workers_[index(where.home)], where.offered);
    settle(now_ns, domain, where.shared ? nullptr : &workers_[index(where.home)]);
  }

  // `self` took a task that was placed at `home`, and offered others.
  void picked(Nanos now_ns, WorkerId self, WorkerId home, std::uint32_t offered) {
    count(now_ns, -1);
    Domain& domain = domain_of(self);
    Worker& mine = workers_[index(self)];
    if (offered > 0) share(domain, mine, offered);
    // A private task that its own worker took, or one that had been offered before.
    if (home == self && mine.own > 0) {
      --mine.own;
    } else if (domain.shared > 0) {
      --domain.shared;
    } else if (mine.own > 0) {
      --mine.own;
    }
    settle(now_ns, domain, &mine);
  }

  // Whether `self` has nothing to do: it sleeps, or only looks for work.
  void set_idle(Nanos now_ns, WorkerId self, bool idle) {
    Worker& mine = workers_[index(self)];
    if (mine.idle == idle) return;
    mine.idle = idle;
    Domain& domain = domain_of(self);
    domain.idle += idle ? 1 : -1;
    settle(now_ns, domain, &mine);
  }

  std::int64_t depth() const noexcept { return depth_; }

  // From here on it is measured.
  void begin(Nanos now_ns) noexcept {
    count(now_ns, 0);
    integrate(now_ns);
    depth_ns_ = 0;
    idle_ns_ = 0;
    depth_max_ = depth_;
  }
  // Closes the integrals.
  void end(Nanos now_ns) noexcept {
    count(now_ns, 0);
    integrate(now_ns);
  }
  double depth_integral() const noexcept { return depth_ns_; }
  std::uint64_t depth_max() const noexcept { return static_cast<std::uint64_t>(depth_max_); }
  Nanos idle_while_waiting_ns() const noexcept { return idle_ns_; }

 private:
  struct Domain {
    std::int64_t shared = 0;  // tasks that any of its workers may take
    std::int64_t idle = 0;    // workers
    std::int64_t served = 0;  // of them: with a private task of their own
    std::int64_t missed = 0;  // idle workers that have something to take, as last settled
  };
  struct Worker {
    std::int64_t own = 0;  // tasks that it alone may take
    bool idle = false;
    bool served = false;  // counted in the domain's `served`
  };

  Domain& domain_of(WorkerId worker) noexcept {
    return domains_[worker == kNoWorker ? 0 : index(worker) / domain_workers_];
  }

  static void share(Domain& domain, Worker& from, std::uint32_t offered) noexcept {
    const std::int64_t moved = std::min<std::int64_t>(offered, from.own);
    from.own -= moved;
    domain.shared += moved;
  }

  void count(Nanos now_ns, std::int64_t change) noexcept {
    depth_ns_ += static_cast<double>(depth_) * static_cast<double>(now_ns - depth_since_ns_);
    depth_since_ns_ = now_ns;
    depth_ += change;
    depth_max_ = std::max(depth_max_, depth_);
  }

  void settle(Nanos now_ns, Domain& domain, Worker* changed) noexcept {
    if (changed != nullptr) {
      const bool served = changed->idle && changed->own > 0;
      domain.served += (served ? 1 : 0) - (changed->served ? 1 : 0);
      changed->served = served;
    }
    if (domain.idle == 0 && domain.missed == 0) return;
    const std::int64_t missed =
        domain.served + std::min(domain.idle - domain.served, domain.shared);
    if (missed == domain.missed) return;
    integrate(now_ns);
    missed_ += missed - domain.missed;
    domain.missed = missed;
  }

  void integrate(Nanos now_ns) noexcept {
    idle_ns_ += missed_ * (now_ns - missed_since_ns_);
    missed_since_ns_ = now_ns;
  }

  std::uint32_t domain_workers_;
  std::vector<Domain> domains_;
  std::vector<Worker> workers_;
  std::int64_t depth_ = 0;
  std::int64_t depth_max_ = 0;
  double depth_ns_ = 0;  // tasks x ns
  Nanos depth_since_ns_ = 0;
  std::int64_t missed_ = 0;  // over all domains
  Nanos idle_ns_ = 0;
  Nanos missed_since_ns_ = 0;
};

}  // namespace etude::sim
