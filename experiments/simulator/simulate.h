// experiments/simulator/simulate.h
//
// Runs one Model: a discrete-event driver of a real Scheduler object and of the real parking
// protocol (core/runtime/parking.h). It does on virtual cores what core/runtime/worker.h does on
// threads, in the same order; one event queue stands in for threads, sockets, reactor and clock.
//
// Threads:   one per call; calls in several threads share nothing.
// Ordering:  same Model, same Outcome, to the last bit. Events of one moment happen in the order in
//            which they were scheduled.
// Limits:    memory grows with connections and with what is in flight, not with virtual time. A run
//            ends with a failure when more than kBacklogMax arrivals wait for a connection.
// Errors:    a Model that cannot be run is a bug of the caller and stops the process.

#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <vector>

#include "core/histogram.h"
#include "core/types.h"
#include "core/worker_stats.h"
#include "experiments/load/result.h"
#include "experiments/simulator/model.h"

namespace etude::sim {

// What one worker did in the measured time.
struct WorkerOutcome {
  WorkerStats stats;  // depth at the end, depth_max since the beginning
  Nanos busy_ns = 0;  // of a core: service and costs
};

// The requests of one class, from the arrival (open loop) or the send (closed).
struct ClassOutcome {
  Histogram latency;
  Histogram slowdown{8};  // in thousandths
};
inline constexpr Nanos kSlowdownUnit = 1000;

struct Outcome {
  // What the client saw, as a real load reports it. Its `options` say what the trial was, as far as
  // a model knows: url, names of paths and think times are left for the caller to fill in. An
  // arrival of kind on_off is called poisson there, and a trace fixed. A run that was abandoned,
  // or in which time stood still, says so in `failure`.
  load::LoadResult load;
  std::vector<WorkerOutcome> workers;
  Histogram sched_delay{6};     // from runnable to running
  double queue_depth_mean = 0;  // tasks that wait in the scheduler, over the measured time
  std::uint64_t queue_depth_max = 0;
  // Integral over the measured time of how many workers slept, or only looked for work, while so
  // many tasks waited that they may take: 0 for a policy and a driver that conserve work.
  Nanos idle_while_waiting_ns = 0;
  // A request's time over what it draws: service, the longest fork's, block and sleep. Requests
  // that draw nothing have none. Classes: the routes of a mix, or those below and from
  // Model::long_from_ns.
  Histogram slowdown{8};  // in thousandths
  std::deque<ClassOutcome> classes;
  Nanos service_ns = 0;      // drawn in the measured time, forks included
  std::uint64_t events = 0;  // taken from the event queue, warm-up included
  // A worker may have taken another's task: something was shared, offered or nobody's.
  bool shares_tasks = false;
};

// Arrivals that wait for a connection, 8 to 16 bytes each.
inline constexpr std::uint64_t kBacklogMax = 1U << 22U;

// Called now and then with the share of the virtual time that is over; false abandons the run.
using Progress = std::function<bool(double share)>;

// Histograms do not move, so an outcome lies where it was made.
std::unique_ptr<Outcome> simulate(const Model& model, const Progress& progress = {});

}  // namespace etude::sim
