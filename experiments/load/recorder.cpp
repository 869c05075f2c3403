#include "experiments/load/recorder.h"

#include "core/failure.h"

namespace etude::load {

void Tally::merge(const Tally& other) {
  requests += other.requests;
  bytes += other.bytes;
  lat_req.merge(other.lat_req);
  lat_batch.merge(other.lat_batch);
  lat_intended.merge(other.lat_intended);
  send_lag.merge(other.send_lag);
  population_wait.merge(other.population_wait);
  windows.resize(std::max(windows.size(), other.windows.size()));
  for (std::size_t i = 0; i < other.windows.size(); ++i) {
    windows[i].requests += other.windows[i].requests;
    windows[i].lat_req_sum_ns += other.windows[i].lat_req_sum_ns;
  }
  while (routes.size() < other.routes.size()) routes.emplace_back();
  for (std::size_t i = 0; i < other.routes.size(); ++i) {
    routes[i].lat_req.merge(other.routes[i].lat_req);
    routes[i].lat_intended.merge(other.routes[i].lat_intended);
  }
  for (std::size_t kind = 0; kind < kFaults; ++kind) faults[kind] += other.faults[kind];
  for (std::size_t i = 0; i < answers_by_class.size(); ++i) {
    answers_by_class[i] += other.answers_by_class[i];
  }
  if (first_fault.empty()) first_fault = other.first_fault;
  inflight_ns += other.inflight_ns;
  open_ns += other.open_ns;
  busy_ns += other.busy_ns;
}

Recorder::Recorder(std::size_t routes) {
  while (tally_.routes.size() < routes) tally_.routes.emplace_back();
}

void Recorder::set_timeline(const Timeline& timeline) {
  require(timeline.measure_end_ns > timeline.measure_start_ns, "something is measured");
  timeline_ = timeline;
  window_ = 0;
  window_end_ns_ = timeline.measure_start_ns + kWindow_ns;
  const Nanos length_ns = timeline.measure_end_ns - timeline.measure_start_ns;
  tally_.windows.resize(static_cast<std::size_t>((length_ns + kWindow_ns - 1) / kWindow_ns));
}

void Recorder::fault(Nanos now_ns, Fault kind, std::uint64_t count, std::string_view what) {
  if (now_ns < timeline_.measure_start_ns || count == 0) return;
  tally_.faults[static_cast<std::size_t>(kind)] += count;
  if (tally_.first_fault.empty()) tally_.first_fault = what;
}

}  // namespace etude::load
