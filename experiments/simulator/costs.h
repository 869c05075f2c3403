// experiments/simulator/costs.h
//
// What each operation costs in virtual time. The simulator charges nothing that is not listed here:
// scheduler operations by the counters that the scheduler itself keeps (core/counters.h), the
// driver's by what the driver does. Where each number comes from stands in the file it is read from
// (costs_file.h); what a file leaves out costs nothing.
//
// Threads: any; values.

#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

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
  std::string name;  // of the file, without its ending: "zero", "nsdi22"
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
  double rouse_ns = 0;         // a write to the socket of a thread that sleeps, paid by the writer
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

  // Of a connection's turn on the server (read, parse, write), and of what it answers; and of the
  // client, where it is modelled: it takes CPU of its own or of the server's cores.
  double visit_ns = 0;
  double request_ns = 0;                  // per request of any path
  std::map<std::string, double> path_ns;  // per request of that path, in addition: "/json"
  Growth visit_growth;                    // of visit_ns with the number of connections
  double client_visit_ns = 0;
  double client_request_ns = 0;
  Growth client_growth;  // of client_visit_ns, with the connections of a client's thread

  // The same where client and server run on two cores, so that all they say crosses from one
  // core's cache to the other's. See with_client_apart().
  double apart_visit_ns = 0;
  double apart_request_ns = 0;
  Growth apart_visit_growth;
  double apart_client_visit_ns = 0;
  double apart_client_request_ns = 0;
  Growth apart_client_growth;

  // Of the kernel: threads that share a core take turns.
  double slice_ns = 0;  // 0: until the running one blocks
  // An idle core leaves a thread where it waits that ran there less than this ago: it is warm.
  double pull_after_ns = 0;
  double thread_switch_ns = 0;  // from one thread to another
  double network_ns = 0;        // one way, between client and server
};

// The costs in force when that share of all visits finds its client on another core. The members
// that begin with apart_ are mixed into those without, by that share, and left as they are.
Costs with_client_apart(const Costs& costs, double share);

// That share. 1 where the client has cores of its own, and 0 where one core is all there is. On
// several cores that both share it is 1 as well, by measurement (README.md): the kernel moves the
// client to a core whose worker has nothing to do, and there it talks to the others.
constexpr double share_apart(bool client_shares_cores, std::uint32_t cores) noexcept {
  return client_shares_cores && cores == 1 ? 0 : 1;
}

// One number of Costs: its name in files, and what it is.
struct CostEntry {
  std::string_view name;
  double Costs::*member;
  std::string_view help;
};
std::span<const CostEntry> cost_entries();

struct GrowthEntry {
  std::string_view name;
  Growth Costs::*member;
  std::string_view help;
};
std::span<const GrowthEntry> growth_entries();

}  // namespace etude::sim
