#include "experiments/harness/gates.h"

#include <algorithm>
#include <cmath>

#include "experiments/harness/record.h"

namespace etude::harness {
namespace {

// Of a core; the protocol's, item 6. A client above it sets the rate itself: the faster of two
// servers then looks like the slower one.
constexpr double kClientBusy = 0.85;
// Of the requests; the protocol's, item 10. A refused request is cheap, fast and no answer.
constexpr double kErrorShare = 1e-4;
// |X R - L| / L; the protocol's, item 5: latency that does not add up to what was in flight.
constexpr double kLittleError = 0.02;

bool gave_nothing(const TrialRow& trial) {
  return trial.status == "failed" || trial.status.starts_with("skipped");
}

bool has_errors(const TrialRow& trial) {
  const auto errors = static_cast<double>(trial.errors.value_or(0));
  const auto tried = static_cast<double>(trial.requests.value_or(0)) + errors;
  return errors > kErrorShare * tried;
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
  return reasons;
}

}  // namespace etude::harness
