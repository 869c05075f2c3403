#include "experiments/simulator/costs.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <set>

namespace etude::sim {
namespace {

// In the order in which files list them.
constexpr auto kEntries = std::to_array<CostEntry>({
    {"local_submit_ns", &Costs::local_submit_ns, "a task into one's own queue"},
    {"remote_submit_ns", &Costs::remote_submit_ns, "a task left by another thread, for its finder"},
    {"local_take_ns", &Costs::local_take_ns, "a task from one's own queue"},
    {"steal_attempt_ns", &Costs::steal_attempt_ns, "a look at one other worker's queue"},
    {"steal_success_ns", &Costs::steal_success_ns, "in addition, when it gave something"},
    {"steal_task_ns", &Costs::steal_task_ns, "per task it gave"},
    {"steal_lost_ns", &Costs::steal_lost_ns, "a race for a task, lost"},
    {"lock_ns", &Costs::lock_ns, "how long a call holds a central queue"},
    {"wake_ns", &Costs::wake_ns, "the wake-up write, for the waker"},
    {"rouse_ns", &Costs::rouse_ns, "a write that wakes a thread at a socket, for the writer"},
    {"wake_latency_ns", &Costs::wake_latency_ns, "from it until the woken worker runs"},
    {"park_ns", &Costs::park_ns, "to go to sleep"},
    {"switch_ns", &Costs::switch_ns, "to a fiber and back"},
    {"poll_ns", &Costs::poll_ns, "a look at the reactor"},
    {"event_ns", &Costs::event_ns, "per event it reports"},
    {"migration_ns", &Costs::migration_ns, "a task's move to another core, whatever it holds"},
    {"line_refill_ns", &Costs::line_refill_ns, "per cache line that it finds missing there"},
    {"working_set_bytes", &Costs::working_set_bytes, "what a connection holds in a cache"},
    {"cache_bytes", &Costs::cache_bytes, "the cache that a core has to itself"},
    {"remote_node_factor", &Costs::remote_node_factor, "of steals and refills between NUMA nodes"},
    {"frequency_factor", &Costs::frequency_factor, "how much slower a virtual core is"},
    {"visit_ns", &Costs::visit_ns, "a connection's turn on the server"},
    {"request_ns", &Costs::request_ns, "per request answered in it"},
    {"client_visit_ns", &Costs::client_visit_ns, "a connection's turn on the client"},
    {"client_request_ns", &Costs::client_request_ns, "per request in it"},
    {"apart_visit_ns", &Costs::apart_visit_ns, "visit_ns with the client on another core"},
    {"apart_request_ns", &Costs::apart_request_ns, "request_ns, likewise"},
    {"apart_client_visit_ns", &Costs::apart_client_visit_ns, "client_visit_ns, likewise"},
    {"apart_client_request_ns", &Costs::apart_client_request_ns, "client_request_ns, likewise"},
    {"slice_ns", &Costs::slice_ns, "how long a thread keeps a core that others want"},
    {"pull_after_ns", &Costs::pull_after_ns, "how long a thread that waits is left where it ran"},
    {"thread_switch_ns", &Costs::thread_switch_ns, "from one thread to another"},
    {"network_ns", &Costs::network_ns, "one way between client and server"},
});

constexpr auto kGrowths = std::to_array<GrowthEntry>({
    {"visit_growth", &Costs::visit_growth, "of visit_ns with connections per core"},
    {"client_growth", &Costs::client_growth, "of client_visit_ns"},
    {"apart_visit_growth", &Costs::apart_visit_growth, "of apart_visit_ns"},
    {"apart_client_growth", &Costs::apart_client_growth, "of apart_client_visit_ns"},
});

// A cost that grows with the connections, as it is read at any number of them.
struct Growing {
  double base_ns;
  const Growth& growth;
  double at(double connections) const { return base_ns * growth_at(growth, connections); }
};

struct Mixed {
  double base_ns = 0;
  Growth growth;
};

Mixed mix(const Growing& near, const Growing& apart, double share) {
  const auto at = [&](double connections) {
    return (1 - share) * near.at(connections) + share * apart.at(connections);
  };
  std::set<double> points;
  for (const Growth* growth : {&near.growth, &apart.growth}) {
    for (const GrowthPoint& point : *growth) points.insert(point.connections);
  }
  Mixed mixed{.base_ns = (1 - share) * near.base_ns + share * apart.base_ns, .growth = {}};
  if (mixed.base_ns == 0) return mixed;
  for (const double connections : points) {
    mixed.growth.push_back({.connections = connections, .factor = at(connections) / mixed.base_ns});
  }
  return mixed;
}

}  // namespace

double growth_at(const Growth& growth, double connections) noexcept {
  if (growth.empty()) return 1;
  const auto above = std::find_if(growth.begin(), growth.end(), [&](const GrowthPoint& point) {
    return point.connections >= connections;
  });
  if (above == growth.begin()) return growth.front().factor;
  if (above == growth.end()) return growth.back().factor;
  const GrowthPoint& below = *(above - 1);
  const double share =
      std::log(connections / below.connections) / std::log(above->connections / below.connections);
  return below.factor + share * (above->factor - below.factor);
}

Costs with_client_apart(const Costs& costs, double share) {
  Costs mixed = costs;
  const Mixed server = mix({costs.visit_ns, costs.visit_growth},
                           {costs.apart_visit_ns, costs.apart_visit_growth}, share);
  const Mixed client = mix({costs.client_visit_ns, costs.client_growth},
                           {costs.apart_client_visit_ns, costs.apart_client_growth}, share);
  mixed.visit_ns = server.base_ns;
  mixed.visit_growth = server.growth;
  mixed.client_visit_ns = client.base_ns;
  mixed.client_growth = client.growth;
  mixed.request_ns = (1 - share) * costs.request_ns + share * costs.apart_request_ns;
  mixed.client_request_ns =
      (1 - share) * costs.client_request_ns + share * costs.apart_client_request_ns;
  return mixed;
}

std::span<const CostEntry> cost_entries() { return kEntries; }
std::span<const GrowthEntry> growth_entries() { return kGrowths; }

}  // namespace etude::sim
