// experiments/simulator/calibration.h
//
// From what was measured to costs (costs.h): pure functions of micro-benchmark times and of
// observations of real runs. Operations come from the benchmarks; a visit's cost, which holds the
// kernel's sockets and the caches, from the runs, less what the simulator charges for the same
// visit besides.
//
//   visit, request   a line through core time per visit against the requests in it
//   growth           core time per visit at each number of connections, over that at the least
//   path             core time of that path's visits beyond those of the plain one
//   park, rouse      what server and client cost beyond that where they share several cores, over
//                    the server's sleeps per visit
//   migration        what a sharing scheduler's visits cost beyond those of one that shares
//                    nothing, over its migrations per visit
//
// The plain workload and the scheduler that shares nothing are those of the most cells on one core.
//
// Threads: any.
// Errors:  Error that names what was not measured, and the remedy.

#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "experiments/simulator/costs_file.h"
#include "experiments/simulator/observation.h"

namespace etude::sim {

// By the benchmark's name: ns of CPU per iteration; for those of two threads, of real time.
using MicroTimes = std::map<std::string, double>;

// The benchmarks that operation_costs() needs, by their names in etude_bench.
std::span<const std::string_view> benchmarks_needed();
CostsFile operation_costs(const MicroTimes& micro);

struct Runs {
  std::vector<Observation> cells;            // one observation for each
  std::map<std::string, std::string> paths;  // that the workloads ask for, by the workload's name
  double cache_bytes = 0;                    // private to a core; 0: not known
};

// These add to what operation_costs() has made, each to what those before it have.
void add_visit_costs(const Runs& runs, CostsFile& file);
void add_sleep_costs(const Runs& runs, CostsFile& file);
void add_migration_costs(const Runs& runs, CostsFile& file);

}  // namespace etude::sim
