// experiments/simulator/costs.h
//
// What each operation costs in virtual time, and where that number comes from. The simulator
// charges nothing that is not listed here: scheduler operations by the counters that the scheduler
// itself keeps (core/counters.h), the driver's by what the driver does. A file of costs
// (costs/*.json) gives each its value and its source; what it leaves out costs nothing.
//
// Threads: any; values.
// Errors:  read_costs() throws Error that names file, cost, what is allowed and the remedy.

#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/types.h"

namespace etude::sim {

// What more connections add to a cost: a factor that is interpolated between these points, linearly
// over the logarithm of the connections per core, and flat beyond the ends. Empty: always 1.
struct GrowthPoint {
  double connections = 0;  // open connections per server core
  double factor = 1;
};
using Growth = std::vector<GrowthPoint>;
double growth_at(const Growth& growth, double connections) noexcept;

// In ns unless the name says otherwise.
struct Costs {
  std::string name;  // of the file, without its ending: "zero", "nsdi22", "this-machine"
  std::string about;

  // Of the scheduler, per count of its counters.
  double local_submit_ns = 0;
  double remote_submit_ns = 0;  // paid by the worker that finds the task
  double local_take_ns = 0;
  double steal_attempt_ns = 0;  // per peer looked at
  double steal_success_ns = 0;  // in addition
  double steal_task_ns = 0;     // per task moved
  double steal_lost_ns = 0;     // per race lost
  double lock_ns = 0;           // how long a call holds a queue of nobody's; others wait for it

  // Of the driver.
  double wake_ns = 0;          // the wake-up write, paid by the waker
  double wake_latency_ns = 0;  // from that write, or an event, until a parked worker goes on
  double park_ns = 0;          // to go to sleep
  double switch_ns = 0;        // to a fiber and back
  double poll_ns = 0;          // a look at the reactor
  double event_ns = 0;         // per event it reports

  // A task that runs where it did not run last finds none of its working set in that core's cache,
  // of which min(1, cache_bytes / (working_set_bytes x connections per core)) would have been
  // there.
  double migration_ns = 0;        // whatever the working set
  double line_refill_ns = 0;      // per line of 64 bytes
  double working_set_bytes = 0;   // of a connection
  double cache_bytes = 0;         // private to a core
  double remote_node_factor = 1;  // of steals and refills between two NUMA nodes
  double frequency_factor = 1;    // virtual cores are so many times slower than the calibrated one

  // Of a connection's turn on the server (read, parse, write), and of what it answers.
  double visit_ns = 0;
  double request_ns = 0;                  // per request of any path
  std::map<std::string, double> path_ns;  // per request of that path, in addition: "/json"
  Growth visit_growth;                    // of visit_ns with the number of connections

  // Of the client, where it is modelled: it takes CPU of its own or of the server's cores.
  double client_visit_ns = 0;
  double client_request_ns = 0;
  Growth client_growth;  // of client_visit_ns

  // Of the kernel: threads that share a core take turns.
  double slice_ns = 0;          // 0: until the running one blocks
  double thread_switch_ns = 0;  // from one thread to another
  double network_ns = 0;        // one way, between client and server
};

// One number of Costs: its name in files, and what it is.
struct CostEntry {
  std::string_view name;
  double Costs::*member;
  std::string_view help;
};
std::span<const CostEntry> cost_entries();

// A file, or the name of one that lies in `directory` ("zero" is costs/zero.json).
Costs read_costs(const std::string& name_or_path, const std::string& directory);

// `sources`: where each number comes from, by its name in the file; each number must have one.
void write_costs(const Costs& costs, const std::map<std::string, std::string>& sources,
                 const std::string& path);

}  // namespace etude::sim
