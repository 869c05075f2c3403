// The part of a calibration that comes from runs of schedulers that share, on several cores.

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "experiments/simulator/calibration.h"
#include "experiments/simulator/line_fit.h"

namespace etude::sim {
namespace {

constexpr double kMigrationsMin = 0.01;  // per visit; fewer do not tell what one costs
constexpr double kGrowthMin = 1.1;       // less is noise, and tells no working set
constexpr double kLineBytes = 64;

// A connection's share of a core's cache where the growth of a visit is half of what it becomes; 0:
// it does not grow.
double working_set_bytes(const Growth& growth, double cache_bytes) {
  const auto most = std::max_element(
      growth.begin(), growth.end(),
      [](const GrowthPoint& a, const GrowthPoint& b) { return a.factor < b.factor; });
  if (most == growth.end() || most->factor < kGrowthMin * growth.front().factor) return 0;
  const double half = (growth.front().factor + most->factor) / 2;
  double connections = growth.front().connections;
  while (connections < most->connections && growth_at(growth, connections) < half) {
    connections *= 1.01;
  }
  return cache_bytes / connections;
}

double stealing_ns(const Observation& seen, const Costs& costs) {
  return seen.steal_attempts * costs.steal_attempt_ns +
         seen.steal_successes * costs.steal_success_ns + seen.steal_tasks * costs.steal_task_ns +
         seen.steal_lost * costs.steal_lost_ns;
}

// The same cell with the scheduler that shares nothing.
const Observation* unshared(const std::vector<Observation>& cells, Cell cell) {
  const auto base = std::find_if(cells.begin(), cells.end(),
                                 [](const Observation& run) { return run.cell.cores == 1; });
  if (base == cells.end() || cell.scheduler == base->cell.scheduler) return nullptr;
  cell.scheduler = base->cell.scheduler;
  const auto found = std::find_if(cells.begin(), cells.end(),
                                  [&](const Observation& run) { return run.cell == cell; });
  return found == cells.end() ? nullptr : &*found;
}

}  // namespace

void add_migration_costs(const Runs& runs, CostsFile& file) {
  Costs& costs = file.costs;
  const double working_set = working_set_bytes(costs.visit_growth, runs.cache_bytes);
  std::vector<Point> points;  // x: the share of a working set that its core would have held
  std::int64_t cores = 0;
  for (const Observation& seen : runs.cells) {
    const Observation* const base = unshared(runs.cells, seen.cell);
    if (base == nullptr || seen.migrations < kMigrationsMin) continue;
    const double held = static_cast<double>(seen.cell.connections) /
                        static_cast<double>(seen.cell.cores) * working_set;
    points.push_back({.x = held > 0 ? std::min(1.0, runs.cache_bytes / held) : 1,
                      .y = (seen.server_ns - base->server_ns - stealing_ns(seen, costs) -
                            (seen.sleeps - base->sleeps) * costs.park_ns) /
                           seen.migrations,
                      .weight = seen.migrations * seen.migrations});
    cores = seen.cell.cores;
  }
  if (points.empty()) return;
  const Line line = fit_line(points);
  costs.migration_ns = working_set > 0 ? line.at_zero : line.at(1);
  file.sources["migration_ns"] = fmt::format(
      "runs: server core time per visit beyond that of the scheduler that shares nothing, over "
      "migrations per visit, {} cells on {} cores shared with the client; the part that does not "
      "hang on what a cache would have held",
      points.size(), cores);
  if (line.slope == 0 || working_set == 0) return;
  costs.working_set_bytes = working_set;
  file.sources["working_set_bytes"] =
      "cache_bytes over the connections at which visit_growth is half of its greatest";
  costs.cache_bytes = runs.cache_bytes;
  file.sources["cache_bytes"] = "sysconf(_SC_LEVEL2_CACHE_SIZE)";
  costs.line_refill_ns = line.slope * kLineBytes / working_set;
  file.sources["line_refill_ns"] =
      "runs: as migration_ns, the part that hangs on it, over the lines of a working set";
}

}  // namespace etude::sim
