// Server: what a worker does, in the order of core/runtime/worker.cpp.

#include <algorithm>

#include "core/failure.h"
#include "experiments/simulator/server.h"

namespace etude::sim {

void Server::go_on(std::uint32_t number) {
  Worker& worker = workers_[number];
  for (;;) {
    const double cost = step(worker);
    if (cost == 0) continue;
    if (cost < 0) return;
    worker.fraction_ns += cost;
    const auto length_ns = static_cast<Nanos>(worker.fraction_ns);
    if (length_ns == 0) continue;
    worker.fraction_ns -= static_cast<double>(length_ns);
    return pass(worker, length_ns);
  }
}

void Server::pass(Worker& worker, Nanos length_ns) {
  if (cores_ != nullptr) return cores_->run(index(worker.id), length_ns);
  worker.counts.busy_ns += world_.measured_part(length_ns);
  worker.busy_until_ns = std::min(world_.now_ns() + length_ns, world_.measure_end_ns);
  world_.at(world_.now_ns() + length_ns, For::worker, index(worker.id));
}

// One operation. Returns what it costs; then the next one follows.
double Server::step(Worker& worker) {
  switch (worker.step) {
    case Step::next:
      return next(worker);
    case Step::picked:
      if (worker.pick.task != nullptr) {
        ++worker.carried;
        return take(worker);
      }
      worker.had_more = false;
      worker.step = Step::search;
      return 0;
    case Step::run:
      return run(worker);
    case Step::up:
      worker.step = Step::awake;
      return turn_reactor(worker, worker);
    case Step::awake:
      parking_.awake(worker.id);
      worker.step = Step::turned;
      return 0;
    case Step::turned:
      worker.last_look_ns = world_.now_ns();
      worker.ready_since_ns = world_.now_ns();
      worker.step = Step::take_in;
      worker.after_take_in = Step::timers;
      return 0;
    case Step::take_in:
      return take_in(worker);
    case Step::timers:
      return fire_timers(worker);
    case Step::search:
      worker.step = Step::search_begin;
      return world_.model.driver.io_claim ? claim_stuck(worker) : 0;
    case Step::search_begin:
      worker.rounds = 0;
      worker.step = parking_.start_search(worker.id) ? Step::search_next : Step::announce;
      return 0;
    case Step::search_next:
      return search_next(worker);
    case Step::searched:
      worker.step = Step::search_next;
      return worker.pick.task != nullptr ? take(worker) : 0;
    case Step::calls:
      return ask_in_time(worker, timed_calls_->go_on(worker.call));
    case Step::announce:
      return announce(worker);
    case Step::asked_last:
      return asked_last(worker);
    case Step::park:
      return park(worker);
  }
  fail("a worker is at one of its steps");
}

double Server::next(Worker& worker) {
  if (worker.carried < world_.model.driver.poll_every) return ask(worker, Step::picked);
  worker.carried = 0;
  worker.had_more = true;
  ++worker.counts.stats["polls"];
  worker.step = Step::turned;
  return charges_.poll_ns + turn_reactor(worker, worker);
}

double Server::take(Worker& worker) {
  double cost = wake(parking_.stop_search(worker.id, true));
  if (worker.pick.offered > 0) {
    cost += wake(parking_.wake_for({.home = worker.id, .shared = true}, worker.id));
  }
  Job& job = *static_cast<Job*>(worker.pick.task);
  ++worker.counts.stats["switches"];
  cost += charges_.switch_ns;
  if (job.last_ran != worker.id) {
    if (job.last_ran != kNoWorker) {
      ++worker.counts.stats["migrations"];
      cost += charges_.migration_ns(job.last_ran, worker.id);
    }
    job.last_ran = worker.id;
  }
  if (job.runnable_since_ns != Job::kNotStamped) {
    if (world_.measuring) sched_delay_.record(world_.now_ns() - job.runnable_since_ns);
    job.runnable_since_ns = Job::kNotStamped;
  }
  worker.job = &job;
  worker.step = Step::run;
  return cost;
}

// What the reactor of `of` has to report: which fibers may run, to `worker`, who looks.
double Server::turn_reactor(Worker& worker, Worker& of) {
  const auto events = static_cast<double>(of.reported.size());
  for (Connection* const connection : of.reported) {
    connection->reported = false;
    if (connection->waits) {
      connection->waits = false;
      worker.ready.push_back(connection);
    } else {
      connection->readable = true;
    }
  }
  of.reported.clear();
  of.doorbell = false;
  return events * charges_.event_ns;
}

double Server::take_in(Worker& worker) {
  const bool eager = world_.model.driver.wake_policy == WakePolicy::eager;
  while (worker.ready_at < worker.ready.size()) {
    Connection& connection = *worker.ready[worker.ready_at++];
    ++worker.counts.stats["io_events"];
    waiting_.set_idle(world_.now_ns(), worker.id, false);
    connection.runnable_since_ns = worker.ready_since_ns;
    Placement placement{};
    double cost =
        submit(connection, worker.id, Origin::io(connection.home, connection.last_ran), placement);
    if (placement.shared) ++worker.shared_count;
    if (eager || !placement.shared) cost += wake(parking_.wake_for(placement, worker.id));
    if (cost > 0) return cost;
  }
  const bool keeps_it = worker.shared_count == 1 && !worker.had_more;
  const bool wakes = !eager && worker.shared_count > 0 && !keeps_it;
  worker.ready.clear();
  worker.ready_at = 0;
  worker.shared_count = 0;
  worker.carried = 0;
  worker.step = worker.after_take_in;
  if (!wakes) return 0;
  return wake(parking_.wake_for({.home = worker.id, .shared = true}, worker.id));
}

double Server::fire_timers(Worker& worker) {
  while (worker.due_at < worker.due.size()) {
    Connection& connection = *worker.due[worker.due_at++];
    ++worker.counts.stats["timer_fires"];
    connection.runnable_since_ns = world_.now_ns();
    const double cost = make_runnable(worker, connection, Origin::Kind::timer);
    if (cost > 0) return cost;
  }
  worker.due.clear();
  worker.due_at = 0;
  worker.step = Step::next;
  return 0;
}

double Server::claim_stuck(Worker& worker) {
  double cost = 0;
  for (Worker& peer : workers_) {
    if (&peer == &worker || peer.parked) continue;
    const Nanos unseen_ns = world_.now_ns() - peer.last_look_ns;
    if (unseen_ns < world_.model.driver.claim_after_ns) continue;
    ++worker.counts.stats["claims"];
    cost += charges_.poll_ns + turn_reactor(worker, peer);
  }
  if (worker.ready.empty()) return cost;
  worker.ready_since_ns = world_.now_ns();  // and no look of its own
  worker.step = Step::take_in;
  worker.after_take_in = Step::next;
  return cost;
}

double Server::search_next(Worker& worker) {
  worker.carried = 0;
  if (worker.rounds < world_.model.driver.search_rounds) {
    ++worker.rounds;
    return ask(worker, Step::searched);
  }
  worker.step = Step::announce;
  return wake(parking_.stop_search(worker.id, false));
}

// The last look before it parks.
double Server::announce(Worker& worker) {
  worker.carried = 0;
  parking_.announce(worker.id);
  return ask(worker, Step::asked_last);
}

// And the way into the kernel, if that is to follow.
double Server::asked_last(Worker& worker) {
  worker.step = Step::park;
  const bool will_sleep = worker.pick.task == nullptr && worker.reported.empty() &&
                          worker.due.empty() && !worker.doorbell;
  return will_sleep ? charges_.park_ns : 0;
}

double Server::park(Worker& worker) {
  if (worker.pick.task != nullptr) {
    parking_.retract(worker.id);
    return take(worker);
  }
  worker.step = Step::awake;
  if (!parking_.commit_sleep(worker.id)) return 0;
  ++worker.counts.stats["polls"];
  if (!worker.reported.empty() || !worker.due.empty() || worker.doorbell) {
    return charges_.poll_ns + turn_reactor(worker, worker);  // to block is over at once: a look
  }
  worker.parked = true;
  ++worker.parks;
  if (world_.model.driver.io_claim && workers_.size() > 1) {
    world_.at(world_.now_ns() + world_.model.driver.claim_after_ns, For::alarm, index(worker.id),
              worker.parks & EventQueue::kValueMax);
  }
  if (cores_ != nullptr) cores_->leave(index(worker.id));
  return kStops;
}

void Server::ring(WorkerId sleeper) {
  Worker& worker = worker_of(sleeper);
  worker.doorbell = true;
  rouse(worker);
}

// Something ends the worker's sleep, if it sleeps.
bool Server::rouse(Worker& worker) {
  if (!worker.parked || worker.waking) return false;
  worker.waking = true;
  world_.at(world_.now_ns() + charges_.wake_latency_ns, For::sleeper, index(worker.id));
  return true;
}

void Server::alarm(std::uint32_t number, std::uint32_t park) {
  Worker& worker = workers_[number];
  if ((worker.parks & EventQueue::kValueMax) == park) rouse(worker);
}

void Server::wake_up(std::uint32_t number) {
  Worker& worker = workers_[number];
  worker.parked = false;
  worker.waking = false;
  worker.step = Step::up;
  unblock(number);
}

void Server::unblock(std::uint32_t number) {
  if (cores_ != nullptr) return cores_->enter(number);
  go_on(number);
}

void Server::sleep_is_over(std::uint32_t number) {
  Connection& connection = connections_[number];
  Worker& worker = worker_of(connection.last_ran);
  worker.due.push_back(&connection);
  rouse(worker);
}

}  // namespace etude::sim
