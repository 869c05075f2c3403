#include "core/histogram.h"

#include <cmath>

#include "core/failure.h"

namespace etude {

Histogram::Histogram(std::uint32_t precision_bits)
    : precision_bits_(precision_bits), buckets_(bucket_of(kValueMax_ns) + 1) {
  require(precision_bits >= 1, "a histogram has at least 1 bit of precision");
  require(precision_bits <= 16, "a histogram has at most 16 bits of precision");
}

void Histogram::merge(const Histogram& other) noexcept {
  require(precision_bits_ == other.precision_bits_, "merged histograms have one precision");
  for (std::size_t bucket = 0; bucket < buckets_.size(); ++bucket) {
    const std::uint64_t count = other.buckets_[bucket].value();
    if (count != 0) buckets_[bucket].add(count);
  }
  count_.add(other.count_.value());
  add_to_sum(other.sum_.value(), 1);
  sum_high_.add(other.sum_high_.value());
  max_.raise_to(other.max_.value());
}

void Histogram::reset() noexcept {
  for (OwnerCounter& bucket : buckets_) bucket.set(0);
  count_.set(0);
  sum_.set(0);
  sum_high_.set(0);
  max_.set(0);
}

double Histogram::mean_ns() const noexcept {
  const std::uint64_t count = count_.value();
  if (count == 0) return 0;
  constexpr double kHigh = 18'446'744'073'709'551'616.0;  // 2^64
  const double sum =
      static_cast<double>(sum_high_.value()) * kHigh + static_cast<double>(sum_.value());
  return sum / static_cast<double>(count);
}

Nanos Histogram::quantile_ns(double share) const noexcept {
  const std::uint64_t count = count_.value();
  if (count == 0) return 0;
  const auto rank = static_cast<std::uint64_t>(std::ceil(share * static_cast<double>(count)));
  const std::uint64_t wanted = std::max<std::uint64_t>(rank, 1);
  std::uint64_t seen = 0;
  for (std::size_t bucket = 0; bucket < buckets_.size(); ++bucket) {
    seen += buckets_[bucket].value();
    if (seen >= wanted) return std::min(upper_of(bucket), max_ns());
  }
  return max_ns();
}

Nanos Histogram::lower_of(std::size_t bucket) const noexcept {
  const std::size_t octave = bucket >> precision_bits_;
  if (octave <= 1) return static_cast<Nanos>(bucket);
  const std::size_t shift = octave - 1;
  return static_cast<Nanos>((bucket - (shift << precision_bits_)) << shift);
}

}  // namespace etude
