// The part of a calibration that comes from runs on several cores without sharing: threads that
// wait for each other sleep and are woken, which on one core hardly happens.

#include <fmt/format.h>

#include <algorithm>

#include "experiments/simulator/calibration.h"

namespace etude::sim {
namespace {

// Fewer sleeps per visit do not tell what one costs.
constexpr double kSleepsMin = 0.02;

// What lies beyond the visits themselves, per sleep: the slope through 0 over all cells, so that
// those with many sleeps count most.
class PerSleep {
 public:
  void add(double beyond_ns, double sleeps) {
    product_ += beyond_ns * sleeps;
    square_ += sleeps * sleeps;
    ++cells_;
  }
  double ns() const { return square_ > 0 ? std::max(0.0, product_ / square_) : 0; }
  int cells() const { return cells_; }

 private:
  double product_ = 0;
  double square_ = 0;
  int cells_ = 0;
};

}  // namespace

void add_sleep_costs(const Runs& runs, CostsFile& file) {
  const auto base = std::find_if(runs.cells.begin(), runs.cells.end(),
                                 [](const Observation& run) { return run.cell.cores == 1; });
  if (base == runs.cells.end()) return;
  const Costs apart = with_client_apart(file.costs, 1);
  PerSleep server;
  PerSleep client;
  for (const Observation& seen : runs.cells) {
    const Cell& cell = seen.cell;
    if (cell.cores == 1 || cell.scheduler != base->cell.scheduler) continue;
    if (cell.client != ClientPlace::near || seen.sleeps < kSleepsMin) continue;
    const auto connections = static_cast<double>(cell.connections);
    const auto depth = static_cast<double>(cell.pipeline);
    const double per_core = connections / static_cast<double>(cell.cores);
    const double besides_ns = apart.switch_ns + apart.local_submit_ns + apart.local_take_ns +
                              apart.event_ns + seen.polls * apart.poll_ns;
    server.add(seen.server_ns - apart.visit_ns * growth_at(apart.visit_growth, per_core) -
                   apart.request_ns * depth - besides_ns,
               seen.sleeps);
    client.add(seen.client_ns -
                   apart.client_visit_ns * growth_at(apart.client_growth, connections) -
                   apart.client_request_ns * depth,
               seen.sleeps);
  }
  if (server.cells() == 0) return;
  const auto source = [&](const char* who) {
    return fmt::format(
        "runs: {} core time per visit beyond that with the client on another core, over sleeps of "
        "the server per visit, {} cells without sharing on several cores",
        who, server.cells());
  };
  file.costs.park_ns = server.ns();
  file.sources["park_ns"] = source("server");
  file.costs.rouse_ns = client.ns();
  file.sources["rouse_ns"] = source("client");
}

}  // namespace etude::sim
