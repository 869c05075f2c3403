// core/histogram.h
//
// Counts of durations in log-linear buckets, so that quantiles of millions of samples stay exact
// to a stated relative error and two histograms merge by adding. It never makes up a sample.
//
// Threads: record() by one thread; reading and merging from any, at any time (each bucket is seen
//          at some recent moment).
// Limits:  0 to kValueMax_ns, about 68 s. A longer value is counted in the last bucket, and
//          max_ns() still tells it exactly. Relative bucket width: 2^-precision_bits.
// Source:  the log-linear layout of HdrHistogram (Tene), cf. DDSketch, VLDB 2019 §2.

#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <vector>

#include "core/counters.h"
#include "core/types.h"

namespace etude {

class Histogram {
 public:
  static constexpr Nanos kValueMax_ns = (Nanos{1} << 36U) - 1;

  // 10 bits resolve 0.1 %: three digits. A server that keeps one histogram per worker can do
  // with 5 bits (3 %) and 8 KiB.
  explicit Histogram(std::uint32_t precision_bits = 10);

  void record(Nanos value_ns, std::uint64_t count = 1) noexcept {
    const std::uint64_t value = value_ns > 0 ? static_cast<std::uint64_t>(value_ns) : 0;
    buckets_[bucket_of(std::min<std::uint64_t>(value, kValueMax_ns))].add(count);
    count_.add(count);
    sum_.add(value * count);
    max_.raise_to(value);
  }

  // Adds the other's samples. Requires: equal precision.
  void merge(const Histogram& other) noexcept;
  void reset() noexcept;

  std::uint64_t count() const noexcept { return count_.value(); }
  double mean_ns() const noexcept;  // of the samples themselves, not of the buckets; 0 when empty
  Nanos max_ns() const noexcept { return static_cast<Nanos>(max_.value()); }

  // The smallest value such that at least `share` of all samples are at most that large, to the
  // bucket's upper edge and never above max_ns(). 0 when empty. Requires: 0 <= share <= 1.
  Nanos quantile_ns(double share) const noexcept;

  // Calls visit(lower_ns, upper_ns, count) for each bucket that holds samples, in rising order;
  // both edges belong to the bucket.
  template <typename Visit>
  void for_each(Visit&& visit) const {
    for (std::size_t bucket = 0; bucket < buckets_.size(); ++bucket) {
      const std::uint64_t count = buckets_[bucket].value();
      if (count != 0) visit(lower_of(bucket), lower_of(bucket + 1) - 1, count);
    }
  }

 private:
  // Values below 2^(bits + 1) have a bucket each; above, every octave has 2^bits buckets.
  std::size_t bucket_of(std::uint64_t value) const noexcept {
    const auto width = static_cast<std::uint32_t>(std::bit_width(value));
    if (width <= precision_bits_ + 1) return value;
    const std::uint32_t shift = width - precision_bits_ - 1;
    return (static_cast<std::size_t>(shift) << precision_bits_) + (value >> shift);
  }
  Nanos lower_of(std::size_t bucket) const noexcept;

  std::uint32_t precision_bits_;
  std::vector<OwnerCounter> buckets_;
  OwnerCounter count_;
  OwnerCounter sum_;  // ns; 2^64 ns are 584 years of waiting
  OwnerCounter max_;
};

}  // namespace etude
