// Goal: no sequence of samples breaks what core/histogram.h promises.
// Method: libFuzzer makes up samples; the same samples go into one histogram and, split in two,
// into a pair that is merged, and both must tell the same, in order and within bounds.

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "core/failure.h"
#include "core/histogram.h"

namespace {

void check_promises(const etude::Histogram& histogram) {
  etude::Nanos before_ns = 0;
  for (const double share : {0.0, 0.5, 0.9, 0.99, 1.0}) {
    const etude::Nanos quantile_ns = histogram.quantile_ns(share);
    etude::require(quantile_ns >= before_ns, "quantiles rise with their share");
    etude::require(quantile_ns <= histogram.max_ns(), "no quantile is above the maximum");
    before_ns = quantile_ns;
  }
  std::uint64_t counted = 0;
  histogram.for_each([&counted](etude::Nanos lower_ns, etude::Nanos upper_ns, std::uint64_t count) {
    etude::require(lower_ns <= upper_ns, "a bucket's edges are in order");
    counted += count;
  });
  etude::require(counted == histogram.count(), "every sample is in one bucket");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  etude::Histogram whole(5);
  etude::Histogram left(5);
  etude::Histogram right(5);
  for (std::size_t at = 0; at + sizeof(etude::Nanos) <= size; at += sizeof(etude::Nanos)) {
    etude::Nanos value_ns = 0;
    std::memcpy(&value_ns, data + at, sizeof value_ns);
    whole.record(value_ns);
    (at % 16 == 0 ? left : right).record(value_ns);
  }
  left.merge(right);
  check_promises(whole);
  check_promises(left);
  etude::require(left.count() == whole.count(), "merging keeps the count");
  etude::require(left.max_ns() == whole.max_ns(), "merging keeps the maximum");
  etude::require(left.quantile_ns(0.5) == whole.quantile_ns(0.5), "merging keeps the median");
  return 0;
}
