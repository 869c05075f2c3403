// core/histogram.h
//
// Counts of durations in log-linear buckets, so that quantiles of millions of samples stay exact
// to a stated relative error and two histograms merge by adding. It never makes up a sample.
//
// Threads: record() by one thread; reading and merging from any, at any time (each bucket is seen
//          at some recent moment).
// Limits:  0 to kValueMax_ns, about 73 minutes. A longer value is counted in the last bucket,
//          whose upper edge is then max_ns(): a quantile there is too large rather than too small.
//          Relative bucket width: 2^-precision_bits. The sum has 128 bits. A mean that is read
//          while it grows past 2^64 ns, once in 584 years of waiting, may be wrong.
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
  static constexpr Nanos kValueMax_ns = (Nanos{1} << 42U) - 1;

  // 10 bits resolve 0.1 %: three digits. A server that keeps one histogram per worker can do
  // with 5 bits (3 %) and 8 KiB.
  explicit Histogram(std::uint32_t precision_bits = 10);

  void record(Nanos value_ns, std::uint64_t count = 1) noexcept {
    const std::uint64_t value = value_ns > 0 ? static_cast<std::uint64_t>(value_ns) : 0;
    buckets_[bucket_of(std::min<std::uint64_t>(value, kValueMax_ns))].add(count);
    count_.add(count);
    add_to_sum(value, count);
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
      if (count != 0) visit(lower_of(bucket), upper_of(bucket), count);
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
  // The last bucket reaches as far as its largest sample.
  Nanos upper_of(std::size_t bucket) const noexcept {
    const Nanos upper_ns = lower_of(bucket + 1) - 1;
    return bucket + 1 == buckets_.size() ? std::max(upper_ns, max_ns()) : upper_ns;
  }
  void add_to_sum(std::uint64_t value, std::uint64_t count) noexcept {
    __extension__ using Wide = unsigned __int128;
    const Wide sum = Wide{sum_.value()} + Wide{value} * count;
    sum_.set(static_cast<std::uint64_t>(sum));
    const auto carry = static_cast<std::uint64_t>(sum >> 64U);
    if (carry != 0) [[unlikely]]
      sum_high_.add(carry);
  }

  std::uint32_t precision_bits_;
  std::vector<OwnerCounter> buckets_;
  OwnerCounter count_;
  OwnerCounter sum_;  // ns, the lower 64 bits
  OwnerCounter sum_high_;
  OwnerCounter max_;
};

}  // namespace etude
