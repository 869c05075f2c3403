#include "experiments/harness/gates.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "experiments/harness/record.h"
#include "experiments/harness/sequential.h"

namespace etude::harness {
namespace {

// Of a core; the protocol's, item 6. A client above it sets the rate itself: the faster of two
// servers then looks like the slower one.
constexpr double kClientBusy = 0.85;
// Of the requests; the protocol's, item 10. A refused request is cheap, fast and no answer.
constexpr double kErrorShare = 1e-4;
// |X R - L| / L; the protocol's, item 5: latency that does not add up to what was in flight.
constexpr double kLittleError = 0.02;

// Of the latency, both at the 99th percentile, in open loop; the client's own bound. A client whose
// timers wake late adds the same to both sides, and brings their ratio closer to 1.
constexpr double kLagShare = 0.1;
// ln; the protocol's bound for a trial of its own, item 8, held against the ratio.
constexpr double kDrift = 0.03;

bool gave_nothing(const TrialRow& trial) {
  return trial.status == "failed" || trial.status.starts_with("skipped");
}

bool has_errors(const TrialRow& trial) {
  const auto errors = static_cast<double>(trial.errors.value_or(0));
  const auto tried = static_cast<double>(trial.requests.value_or(0)) + errors;
  return errors > kErrorShare * tried;
}

bool sent_late(const TrialRow& trial) {
  if (trial.arrival == "closed" || !trial.send_lag_p99_ns || !trial.lat_intended_p99_ns) {
    return false;
  }
  return *trial.send_lag_p99_ns > kLagShare * *trial.lat_intended_p99_ns;
}

// ln of the requests in the last third of the windows over those in the first.
std::optional<double> own_drift(const std::vector<WindowRow>& windows) {
  const std::size_t third = windows.size() / 3;
  double first = 0;
  double last = 0;
  for (std::size_t i = 0; i < third; ++i) {
    first += static_cast<double>(windows[i].requests.value_or(0));
    last += static_cast<double>(windows[windows.size() - 1 - i].requests.value_or(0));
  }
  if (first == 0 || last == 0) return std::nullopt;
  return std::log(last / first);
}

}  // namespace

std::vector<std::string> void_reasons(std::span<const TrialRecord* const> sides, Metric metric,
                                      Design) {
  const auto any = [&](auto condition) {
    return std::any_of(sides.begin(), sides.end(),
                       [&](const TrialRecord* side) { return condition(side->trial); });
  };
  std::vector<std::string> reasons;
  if (any(gave_nothing)) return {"a side gave no result"};
  if (any(has_errors)) reasons.emplace_back("errors above 0.01 %");
  if (metric == Metric::cpu) return reasons;
  if (any([](const TrialRow& t) { return t.client_busiest_thread.value_or(0) > kClientBusy; })) {
    reasons.emplace_back("the client was at its limit");
  }
  if (metric == Metric::throughput) return reasons;
  if (any([](const TrialRow& t) { return std::abs(t.little_err.value_or(0)) > kLittleError; })) {
    reasons.emplace_back("Little's law failed");
  }
  if (any(sent_late)) reasons.emplace_back("the client sent late");
  return reasons;
}

std::optional<double> ratio_drift(const TrialRecord& baseline, const TrialRecord& candidate) {
  // In turns a third of the windows holds more turns of one side than of the other.
  if (baseline.trial.design == "interleaved") return std::nullopt;
  const std::optional<double> below = own_drift(baseline.windows);
  const std::optional<double> above = own_drift(candidate.windows);
  if (!below || !above) return std::nullopt;
  return *above - *below;
}

std::string drift_reason(std::span<const double> drifts) {
  const StoppingRule rule;
  if (drifts.size() < rule.pairs_min) return "";
  const Evidence evidence = weigh(drifts, rule);
  if (evidence.low_log <= kDrift && evidence.high_log >= -kDrift) return "";
  return fmt::format("the ratio drifted by {:+.1f} % within a round, first to last third",
                     std::expm1(evidence.mean_log) * 100);
}

}  // namespace etude::harness
