// Server: how a worker asks the scheduler. A call in which looks cost something takes its time as
// it goes (timed_call.h); all else that it did is paid for at its end.

#include "experiments/simulator/server.h"

namespace etude::sim {

double Server::ask(Worker& worker, Step then) {
  if (charges_.calls_are_free) {
    worker.step = then;
    worker.pick = scheduler_->next(worker.id);
    note_pick(worker);
    return 0;
  }
  const SchedulerCounters& counters = scheduler_->counters(worker.id);
  if (!timed_calls_) return ask_at_once(worker, then, counters);
  worker.before = CallCounts(counters);
  worker.after_call = then;
  return ask_in_time(worker, timed_calls_->begin(worker.call, *scheduler_, worker.id));
}

// The whole call in one moment, all it costs afterwards: for as long as nobody has looked at a
// peer, so that policies which never do so need no stack of their own.
double Server::ask_at_once(Worker& worker, Step then, const SchedulerCounters& counters) {
  worker.step = then;
  const CallCounts before(counters);
  worker.pick = scheduler_->next(worker.id);
  const CallCounts after(counters);
  note_pick(worker);
  if (after.steal_attempts > 0 && charges_.look_ns() > 0) timed_calls_.emplace(workers_.size());
  return call_ns(worker, before, after);
}

double Server::ask_in_time(Worker& worker, std::uint64_t looks) {
  if (!worker.call.over) {
    worker.step = Step::calls;
    return static_cast<double>(looks) * charges_.look_ns();
  }
  worker.step = worker.after_call;
  worker.pick = worker.call.pick;
  const CallCounts after(scheduler_->counters(worker.id));
  worker.before.steal_attempts = after.steal_attempts - looks;  // the others were paid for
  note_pick(worker);
  return call_ns(worker, worker.before, after);
}

double Server::call_ns(const Worker& worker, const CallCounts& before, const CallCounts& after) {
  if (worker.pick.task == nullptr) return charges_.call_ns(before, after, false);
  const WorkerId home = static_cast<const Job*>(worker.pick.task)->placed_at;
  if (home == kNoWorker) return charges_.call_ns(before, after, false) + hold_lock();
  return charges_.call_ns(before, after, charges_.across_nodes(home, worker.id));
}

void Server::note_pick(Worker& worker) {
  const Nanos now_ns = world_.now_ns();
  const auto* const job = static_cast<const Job*>(worker.pick.task);
  if (job != nullptr) waiting_.picked(now_ns, worker.id, job->placed_at, worker.pick.offered);
  waiting_.set_idle(now_ns, worker.id, job == nullptr);
}

}  // namespace etude::sim
