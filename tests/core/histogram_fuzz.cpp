// Goal: no sequence of samples breaks what core/histogram.h promises.
// Method: libFuzzer makes up samples; the same samples go into one histogram and, split in two,
// into a pair that is merged, and both must tell the same, in order and within bounds.

#include <cstdint>
#include <cstring>

#include "core/histogram.h"
#include "tests/support/fuzzed.h"

namespace etude::fuzz {
namespace {

std::string judge(const Histogram& histogram) {
  Nanos before_ns = 0;
  for (const double share : {0.0, 0.5, 0.9, 0.99, 1.0}) {
    const Nanos quantile_ns = histogram.quantile_ns(share);
    if (quantile_ns < before_ns) return "quantiles rise with their share";
    if (quantile_ns > histogram.max_ns()) return "no quantile is above the maximum";
    before_ns = quantile_ns;
  }
  std::uint64_t counted = 0;
  bool in_order = true;
  histogram.for_each([&](Nanos lower_ns, Nanos upper_ns, std::uint64_t count) {
    in_order &= lower_ns <= upper_ns;
    counted += count;
  });
  if (!in_order) return "a bucket's edges are in order";
  if (counted != histogram.count()) return "every sample is in one bucket";
  return {};
}

}  // namespace

std::string broken_by(std::string_view input) {
  Histogram whole(5);
  Histogram left(5);
  Histogram right(5);
  for (std::size_t at = 0; at + sizeof(Nanos) <= input.size(); at += sizeof(Nanos)) {
    Nanos value_ns = 0;
    std::memcpy(&value_ns, input.data() + at, sizeof value_ns);
    whole.record(value_ns);
    (at % 16 == 0 ? left : right).record(value_ns);
  }
  left.merge(right);
  for (const Histogram* histogram : {&whole, &left}) {
    const std::string complaint = judge(*histogram);
    if (!complaint.empty()) return complaint;
  }
  if (left.count() != whole.count()) return "merging keeps the count";
  if (left.max_ns() != whole.max_ns()) return "merging keeps the maximum";
  if (left.quantile_ns(0.5) != whole.quantile_ns(0.5)) return "merging keeps the median";
  return {};
}

}  // namespace etude::fuzz
