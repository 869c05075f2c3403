#include "experiments/load/capacity_search.h"

#include <algorithm>
#include <cmath>

#include "core/failure.h"

namespace etude::load {

CapacitySearch::CapacitySearch(double ceiling_rps, double resolution)
    : resolution_rps_(std::max(1.0, resolution * ceiling_rps)), broken_rps_(ceiling_rps) {}

std::optional<double> CapacitySearch::next_rate_rps() const {
  if (broken_rps_ - kept_rps_ <= resolution_rps_) return std::nullopt;
  return std::max(1.0, std::floor((kept_rps_ + broken_rps_) / 2));
}

void CapacitySearch::saw(bool kept) {
  const std::optional<double> rate_rps = next_rate_rps();
  require(rate_rps.has_value(), "a rate was to be tried");
  (kept ? kept_rps_ : broken_rps_) = *rate_rps;
}

}  // namespace etude::load
