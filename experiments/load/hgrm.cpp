#include "experiments/load/hgrm.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace etude::load {
namespace {

constexpr double kTicksPerHalving = 5;

double milliseconds(double ns) { return ns / 1e6; }

// From 0, in steps that halve whenever the distance to 1 has.
double next_share(double share) {
  const double halvings = std::floor(std::log2(1 / (1 - share))) + 1;
  return share + 1 / (kTicksPerHalving * std::exp2(halvings));
}

double deviation_ns(const Histogram& histogram) {
  const double mean_ns = histogram.mean_ns();
  double squares = 0;
  histogram.for_each([&](Nanos lower_ns, Nanos upper_ns, std::uint64_t count) {
    const double off_ns = static_cast<double>(lower_ns + upper_ns) / 2 - mean_ns;
    squares += off_ns * off_ns * static_cast<double>(count);
  });
  return std::sqrt(squares / static_cast<double>(std::max<std::uint64_t>(1, histogram.count())));
}

}  // namespace

std::string to_hgrm(const Histogram& histogram) {
  std::string text = "       Value     Percentile TotalCount 1/(1-Percentile)\n\n";
  const std::uint64_t total = histogram.count();
  const double max_ms = milliseconds(static_cast<double>(histogram.max_ns()));
  std::uint64_t seen = 0;
  double share = 0;
  histogram.for_each([&](Nanos, Nanos upper_ns, std::uint64_t count) {
    seen += count;
    const double value_ms =
        milliseconds(static_cast<double>(std::min(upper_ns, histogram.max_ns())));
    while (static_cast<double>(seen) >= share * static_cast<double>(total)) {
      text +=
          fmt::format("{:12.3f} {:2.12f} {:10} {:14.2f}\n", value_ms, share, seen, 1 / (1 - share));
      share = next_share(share);
      if (seen == total) return;
    }
  });
  if (total > 0) text += fmt::format("{:12.3f} {:2.12f} {:10}\n", max_ms, 1.0, total);
  text += fmt::format("#[Mean    = {:12.3f}, StdDeviation   = {:12.3f}]\n",
                      milliseconds(histogram.mean_ns()), milliseconds(deviation_ns(histogram)));
  text += fmt::format("#[Max     = {:12.3f}, Total count    = {:12}]\n", max_ms, total);
  text += "#[Buckets =           32, SubBuckets     =         2048]\n";
  return text;
}

}  // namespace etude::load
