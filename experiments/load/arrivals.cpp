#include "experiments/load/arrivals.h"

#include "core/failure.h"

namespace etude::load {

Arrivals::Arrivals(Arrival kind, double rate_rps, std::uint64_t seed, Share share)
    : kind_(kind), gap_ns_(1e9 / rate_rps), share_(share), rng_(seed) {
  require(kind != Arrival::closed, "a closed loop has no schedule");
  require(rate_rps > 0, "an open loop has a rate");
  require(share.thread < share.threads, "a share is one of the threads");
  skip(share.thread + 1);
}

void Arrivals::skip(std::uint32_t count) noexcept {
  index_ += count;
  if (kind_ == Arrival::fixed) {
    time_ns_ = static_cast<double>(index_) * gap_ns_;
  } else {
    for (std::uint32_t i = 0; i < count; ++i) time_ns_ += rng_.exponential(gap_ns_);
  }
  next_ns_ = static_cast<Nanos>(time_ns_);
}

}  // namespace etude::load
