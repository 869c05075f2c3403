// The part of a calibration that comes from runs on one core: a visit, its requests, its growth.

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "core/failure.h"
#include "experiments/simulator/calibration.h"
#include "experiments/simulator/line_fit.h"

namespace etude::sim {
namespace {

// One side's part of a visit, and where its costs go.
struct Side {
  ClientPlace client;
  const char* who;
  double Observation::*time;
  const char* visit_name;
  double Costs::*visit;
  const char* request_name;
  double Costs::*request;
  const char* growth_name;
  Growth Costs::*growth;
};
constexpr Side kSides[] = {
    {ClientPlace::near, "server", &Observation::server_ns, "visit_ns", &Costs::visit_ns,
     "request_ns", &Costs::request_ns, "visit_growth", &Costs::visit_growth},
    {ClientPlace::near, "client", &Observation::client_ns, "client_visit_ns",
     &Costs::client_visit_ns, "client_request_ns", &Costs::client_request_ns, "client_growth",
     &Costs::client_growth},
    {ClientPlace::apart, "server", &Observation::server_ns, "apart_visit_ns",
     &Costs::apart_visit_ns, "apart_request_ns", &Costs::apart_request_ns, "apart_visit_growth",
     &Costs::apart_visit_growth},
    {ClientPlace::apart, "client", &Observation::client_ns, "apart_client_visit_ns",
     &Costs::apart_client_visit_ns, "apart_client_request_ns", &Costs::apart_client_request_ns,
     "apart_client_growth", &Costs::apart_client_growth},
};

const char* where(ClientPlace client) {
  return client == ClientPlace::near ? "client on the server's core" : "client on another core";
}

// The value that most observations have.
template <typename Value>
Value most_frequent(const std::vector<Observation>& runs, Value Cell::*member) {
  std::map<Value, int> counts;
  for (const Observation& run : runs) ++counts[run.cell.*member];
  return std::max_element(
             counts.begin(), counts.end(),
             [](const auto& one, const auto& other) { return one.second < other.second; })
      ->first;
}

class VisitFit {
 public:
  VisitFit(const Runs& runs, CostsFile& file) : runs_(runs), file_(file) {}

  void run() {
    for (const Observation& run : runs_.cells) {
      if (run.cell.cores == 1) one_core_.push_back(run);
    }
    if (one_core_.empty()) refuse("of one core");
    plain_ = most_frequent(one_core_, &Cell::workload);
    for (const Side& side : kSides) fit_side(side);
    fit_paths();
    fit_slice();
  }

 private:
  void fit_side(const Side& side);
  double fit_requests(const Side& side, const std::vector<Observation>& plain);
  void fit_growth(const Side& side, const std::vector<Observation>& plain, double request_ns);
  void fit_paths();
  void fit_slice();

  std::vector<Observation> plain_runs(ClientPlace client) const;
  double besides_ns(const Observation& seen, const Side& side) const;
  [[noreturn]] void refuse(std::string_view what) const;
  void set(const char* name, double Costs::*member, double value, std::string source) {
    file_.costs.*member = value;
    file_.sources[name] = std::move(source);
  }

  const Runs& runs_;
  CostsFile& file_;
  std::vector<Observation> one_core_;
  std::string plain_;
};

void VisitFit::refuse(std::string_view what) const {
  throw Error("the runs", fmt::format("hold no usable cell {}", what),
              "see status and reasons in the trials.csv of their directory");
}

std::vector<Observation> VisitFit::plain_runs(ClientPlace client) const {
  std::vector<Observation> found;
  for (const Observation& run : one_core_) {
    if (run.cell.client == client && run.cell.workload == plain_) found.push_back(run);
  }
  return found;
}

// What the simulator charges for a visit beside its visit and its requests: it must not be paid
// twice. Threads that share a core pay for its changes of hands half each.
double VisitFit::besides_ns(const Observation& seen, const Side& side) const {
  const Costs& costs = file_.costs;
  const double turns_ns =
      side.client == ClientPlace::near ? seen.thread_switches * costs.thread_switch_ns : 0;
  if (side.time != &Observation::server_ns) return turns_ns;
  return turns_ns + costs.switch_ns + costs.local_submit_ns + costs.local_take_ns + costs.event_ns +
         seen.polls * costs.poll_ns;
}

void VisitFit::fit_side(const Side& side) {
  const std::vector<Observation> plain = plain_runs(side.client);
  // A machine with one core cannot have them apart, and needs no costs for it.
  if (plain.empty() && side.client == ClientPlace::apart) return;
  if (plain.empty()) refuse(fmt::format("with the {}", where(side.client)));
  fit_growth(side, plain, fit_requests(side, plain));
}

double VisitFit::fit_requests(const Side& side, const std::vector<Observation>& plain) {
  std::map<std::int64_t, std::vector<Point>> by_connections;
  for (const Observation& run : plain) {
    const double time_ns = run.*side.time - besides_ns(run, side);
    // Weighted so that each is missed by a share of it, not by ns.
    by_connections[run.cell.connections].push_back({.x = static_cast<double>(run.cell.pipeline),
                                                    .y = time_ns,
                                                    .weight = 1 / time_ns / time_ns});
  }
  const auto& [connections, points] = *std::max_element(
      by_connections.begin(), by_connections.end(),
      [](const auto& one, const auto& other) { return one.second.size() < other.second.size(); });
  const Line line = fit_line(points);
  set(side.request_name, side.request, line.slope,
      fmt::format("runs: slope of {} core time per visit against the requests in it, {:.0f} to "
                  "{:.0f}, {} connections, {}; the line misses a point by at most {:.0f} %",
                  side.who, points.front().x, points.back().x, connections, where(side.client),
                  greatest_miss(line, points) * 100));
  return line.slope;
}

void VisitFit::fit_growth(const Side& side, const std::vector<Observation>& plain,
                          double request_ns) {
  const std::int64_t depth = most_frequent(plain, &Cell::pipeline);
  std::vector<GrowthPoint> visits;  // with ns in the place of the factor
  int trials = 0;
  for (const Observation& run : plain) {
    if (run.cell.pipeline != depth) continue;
    visits.push_back({.connections = static_cast<double>(run.cell.connections),
                      .factor = run.*side.time - besides_ns(run, side) -
                                request_ns * static_cast<double>(depth)});
    trials = std::max(trials, run.trials);
  }
  const double least_ns = visits.front().factor;
  if (least_ns <= 0) refuse(fmt::format("that leaves anything for a visit of the {}", side.who));
  set(side.visit_name, side.visit, least_ns,
      fmt::format("runs: {} core time per visit of {} requests, {:.0f} connections, {}, less its "
                  "requests and what the simulator charges besides; median of {}",
                  side.who, depth, visits.front().connections, where(side.client), trials));
  for (GrowthPoint& visit : visits) visit.factor = std::max(0.0, visit.factor / least_ns);
  file_.costs.*side.growth = visits;
  file_.sources[side.growth_name] = fmt::format(
      "runs: {} at each number of connections, over that at the least", side.visit_name);
}

void VisitFit::fit_paths() {
  if (const auto plain = runs_.paths.find(plain_); plain != runs_.paths.end()) {
    file_.costs.path_ns[plain->second] = 0;
    file_.sources["path_ns." + plain->second] = "what a request costs is measured with this path";
  }
  for (const Observation& other : one_core_) {
    if (other.cell.workload == plain_ || !runs_.paths.contains(other.cell.workload)) continue;
    Cell cell = other.cell;
    cell.workload = plain_;
    const auto plain = std::find_if(one_core_.begin(), one_core_.end(),
                                    [&](const Observation& run) { return run.cell == cell; });
    if (plain == one_core_.end()) continue;
    const std::string& path = runs_.paths.at(other.cell.workload);
    file_.costs.path_ns[path] =
        std::max(0.0, (other.server_ns - plain->server_ns) / static_cast<double>(cell.pipeline));
    file_.sources["path_ns." + path] = fmt::format(
        "runs: server core time per request less that of {}, {} deep, {} connections, {}", plain_,
        cell.pipeline, cell.connections, where(cell.client));
  }
}

// How long a thread keeps a core that another one wants, as the kernel lets it.
void VisitFit::fit_slice() {
  std::vector<double> runs_ns;
  for (const Observation& run : plain_runs(ClientPlace::near)) {
    if (run.run_ns > 0) runs_ns.push_back(run.run_ns);
  }
  if (runs_ns.empty()) return;
  std::sort(runs_ns.begin(), runs_ns.end());
  set("slice_ns", &Costs::slice_ns, runs_ns[runs_ns.size() / 2],
      fmt::format("runs: CPU that the server had between two of its context switches, {}; median "
                  "of {} cells from {:.0f} to {:.0f} us",
                  where(ClientPlace::near), runs_ns.size(), runs_ns.front() / 1e3,
                  runs_ns.back() / 1e3));
}

}  // namespace

void add_visit_costs(const Runs& runs, CostsFile& file) { VisitFit(runs, file).run(); }

}  // namespace etude::sim
