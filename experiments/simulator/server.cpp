#include "experiments/simulator/server.h"

#include <algorithm>
#include <cmath>

#include "core/failure.h"

namespace etude::sim {
namespace {

// A server has no more fibers than this beside its connections'; then a parent does its children's
// work itself.
constexpr std::uint32_t kChildrenMax = 1U << 20U;

std::uint32_t workers_of(const Model& model) noexcept {
  return model.cores * model.threads_per_core;
}

std::uint32_t connections_of(const Model& model) noexcept {
  return model.connections + model.beside.connections;
}

std::uint32_t children_of(const Model& model) noexcept {
  std::uint32_t forks = model.beside.connections > 0 ? model.beside.handler.forks : 0;
  for (const Route& route : model.routes) forks = std::max(forks, route.handler.forks);
  const std::uint64_t most = std::uint64_t{forks} * connections_of(model);
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(most, kChildrenMax));
}

std::unique_ptr<Scheduler> make_scheduler(const Model& model) {
  return model.make_scheduler({.workers = workers_of(model),
                               .tasks_max = connections_of(model) + children_of(model),
                               .seed = model.seed,
                               .threads_per_core = model.threads_per_core,
                               .set = model.scheduler_settings});
}

}  // namespace

Server::Server(World& world, const Charges& charges, Cores* cores)
    : world_(world),
      charges_(charges),
      cores_(cores),
      scheduler_(make_scheduler(world.model)),
      parking_({.workers = workers_of(world.model),
                .wake_policy = world.model.driver.wake_policy,
                .domain_workers = scheduler_->domain_workers()}),
      waiting_(workers_of(world.model), scheduler_->domain_workers()),
      workers_(workers_of(world.model)),
      connections_(connections_of(world.model)),
      children_(children_of(world.model)) {
  for (std::uint32_t w = 0; w < workers_.size(); ++w) workers_[w].id = WorkerId{w};
  const bool stays = world.model.assignment.kind != Assignment::Kind::each_request;
  for (std::uint32_t c = 0; c < connections_.size(); ++c) {
    connections_[c].home = home_of(c);
    // It was accepted, and ran for the first time, at home.
    if (stays) connections_[c].last_ran = connections_[c].home;
  }
}

void Server::start() {
  for (std::uint32_t w = 0; w < workers_.size(); ++w) {
    if (cores_ != nullptr) {
      cores_->enter(w);
    } else {
      world_.at(world_.now_ns(), For::worker, w);
    }
  }
}

WorkerId Server::home_of(std::uint32_t connection) noexcept {
  const auto workers = static_cast<std::uint32_t>(workers_.size());
  const Assignment& assignment = world_.model.assignment;
  switch (assignment.kind) {
    case Assignment::Kind::hash:
    case Assignment::Kind::each_request:
      return WorkerId{world_.assignment.below(workers)};
    case Assignment::Kind::round_robin:
      return WorkerId{connection % workers};
    case Assignment::Kind::skewed: {
      const auto first_before = static_cast<std::uint32_t>(connection * assignment.skew);
      const auto first_after = static_cast<std::uint32_t>((connection + 1.0) * assignment.skew);
      if (workers == 1 || first_after > first_before) return WorkerId{0};
      return WorkerId{1 + (connection - first_before) % (workers - 1)};
    }
    case Assignment::Kind::one:
      return WorkerId{0};
  }
  fail("an assignment is one of its kinds");
}

bool Server::requests_arrive(std::uint32_t number, std::uint32_t count) {
  Connection& connection = connections_[number];
  connection.arrived += count;
  const bool anew = world_.model.assignment.kind == Assignment::Kind::each_request;
  if (anew && connection.waits && !connection.reported) connection.home = home_of(number);
  if (world_.model.delivery == Delivery::reactor) {
    if (connection.reported) return false;  // the edge that is there already tells of these, too
    connection.reported = true;
    Worker& home = worker_of(connection.home);
    home.reported.push_back(&connection);
    return rouse(home);
  }
  if (!connection.waits) {
    connection.readable = true;
    return false;
  }
  connection.waits = false;
  connection.runnable_since_ns = world_.now_ns();
  Placement placement{};
  submit(connection, kNoWorker, Origin::io(connection.home, connection.last_ran), placement);
  wake(parking_.wake_for(placement, kNoWorker));
  return false;
}

// The write that carried this connection's answers woke a thread of the client.
void Server::pay_for_waking(std::uint32_t connection) {
  worker_of(connections_[connection].last_ran).fraction_ns += charges_.rouse_ns;
}

// Returns what it costs whoever submits.
double Server::submit(Job& job, WorkerId from, Origin origin, Placement& placement) {
  double cost = 0;
  if (charges_.calls_are_free || from == kNoWorker) {
    placement = scheduler_->submit(job, from, origin);
  } else {
    const SchedulerCounters& counters = scheduler_->counters(from);
    const CallCounts before(counters);
    placement = scheduler_->submit(job, from, origin);
    cost = charges_.call_ns(before, CallCounts(counters), false);
  }
  job.placed_at = placement.home;
  shares_tasks_ = shares_tasks_ || placement.shared || placement.offered > 0;
  waiting_.submitted(world_.now_ns(), placement);
  return placement.home == kNoWorker ? cost + hold_lock() : cost;
}

double Server::make_runnable(Worker& worker, Job& job, Origin::Kind why) {
  Placement placement{};
  const double cost =
      submit(job, worker.id, {.kind = why, .home = job.home, .last_ran = job.last_ran}, placement);
  return cost + wake(parking_.wake_for(placement, worker.id));
}

// Waits for the lock of nobody's queue, behind all who came before, and holds it.
double Server::hold_lock() noexcept {
  if (charges_.lock_ns == 0) return 0;
  const auto now_ns = static_cast<double>(world_.now_ns());
  lock_free_ns_ = std::max(lock_free_ns_, now_ns) + charges_.lock_ns;
  return lock_free_ns_ - now_ns;
}

void Server::begin_measure() {
  waiting_.begin(world_.now_ns());
  for (Worker& worker : workers_) worker.counts_before = counts_of(worker);
}

void Server::end_measure() {
  if (cores_ != nullptr) cores_->account_all();
  waiting_.end(world_.now_ns());
  // What was counted ahead, and lies behind an end that came earlier.
  for (Worker& worker : workers_) {
    worker.counts.busy_ns -= std::max<Nanos>(0, worker.busy_until_ns - world_.measure_end_ns);
  }
  for (Worker& worker : workers_) worker.outcome = since(worker.counts_before, counts_of(worker));
}

void Server::report(Outcome& outcome) const {
  for (const Worker& worker : workers_) outcome.workers.push_back(worker.outcome);
  outcome.sched_delay.merge(sched_delay_);
  const auto measured_ns = static_cast<double>(world_.measure_end_ns - world_.measure_start_ns);
  outcome.queue_depth_mean = waiting_.depth_integral() / measured_ns;
  outcome.queue_depth_max = waiting_.depth_max();
  outcome.shares_tasks = shares_tasks_;
  outcome.service_ns = service_ns_;
  outcome.idle_while_waiting_ns = waiting_.idle_while_waiting_ns();
}

// Everything so far, of scheduler and parking as well.
WorkerOutcome Server::counts_of(const Worker& worker) const {
  WorkerOutcome counts = worker.counts;
  counts.stats.read(scheduler_->counters(worker.id));
  counts.stats.read(parking_.counters(worker.id));
  if (cores_ != nullptr) counts.busy_ns = cores_->busy_ns(index(worker.id));
  return counts;
}

WorkerOutcome Server::since(const WorkerOutcome& before, const WorkerOutcome& now) noexcept {
  WorkerOutcome change = now;  // busy_ns has only the measured time
  change.stats.subtract(before.stats);
  return change;
}

}  // namespace etude::sim
