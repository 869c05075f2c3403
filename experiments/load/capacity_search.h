// experiments/load/capacity_search.h
//
// Finds the highest rate that keeps a promise, by halving: rates that kept it lie below, rates that
// broke it above. It measures nothing; whoever runs the loads tells it how each went.
//
// Threads: one at a time.
// Limits:  assumes that a rate above one that broke the promise breaks it, too. A measurement can
//          be unlucky, so the answer is as certain as one load per rate is.

#pragma once

#include <optional>

namespace etude::load {

class CapacitySearch {
 public:
  // `ceiling_rps`: a rate that nothing lies above, such as a closed loop's throughput. The search
  // ends when what it has not decided is at most `resolution` of that.
  CapacitySearch(double ceiling_rps, double resolution);

  // The rate to try next, in whole requests per second; nothing when the answer is known.
  std::optional<double> next_rate_rps() const;

  // How the load at next_rate_rps() went. Requires: there is one.
  void saw(bool kept);

  double highest_kept_rps() const { return kept_rps_; }  // 0: none of those tried

 private:
  double resolution_rps_;
  double kept_rps_ = 0;
  double broken_rps_;
};

}  // namespace etude::load
