#include "experiments/simulator/drawn_mean.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string_view>

#include "core/failure.h"
#include "core/types.h"

namespace etude::sim {
namespace {

using Kind = Distribution::Kind;

constexpr double kDistortionMax = 0.01;
// Beyond it, a grid of 1 ns is as good as none: what rounding adds there is below 1e-7 of the mean.
constexpr int kGridEnd_ns = 4'096;

// Times in this file are in ns. A normal variable is below x with this probability.
double normal_below(double x) noexcept { return std::erfc(-x / std::sqrt(2.0)) / 2; }

double scale_of_pareto(const Distribution& d) noexcept {
  return d.mean_us * kMicrosecond * (d.alpha - 1) / d.alpha;
}

// Share of the draws longer than x.
double tail(const Distribution& d, double x) noexcept {
  const double mean = d.mean_us * kMicrosecond;
  const double longer = d.long_us * kMicrosecond;
  const auto beyond = [x](double length) { return length > x ? 1.0 : 0.0; };
  const auto exponential = [x](double m) { return m > 0 ? std::exp(-x / m) : 0.0; };
  switch (d.kind) {
    case Kind::fixed:
      return beyond(mean);
    case Kind::exponential:
      return exponential(mean);
    case Kind::bimodal:
      return (1 - d.long_share) * beyond(mean) + d.long_share * beyond(longer);
    case Kind::hyperexponential:
      return (1 - d.long_share) * exponential(mean) + d.long_share * exponential(longer);
    case Kind::uniform: {
      const double end = d.max_us * kMicrosecond;
      if (x < mean) return 1;
      return x < end ? (end - x) / (end - mean) : 0;
    }
    case Kind::lognormal: {
      if (mean == 0 || d.sigma == 0) return beyond(mean);
      return normal_below((std::log(mean / x) - d.sigma * d.sigma / 2) / d.sigma);
    }
    case Kind::pareto: {
      const double least = scale_of_pareto(d);
      return x < least ? 1 : std::pow(least / x, d.alpha);
    }
  }
  return 0;
}

// Mean of min(draw, limit): the tail's integral from 0 to `limit`.
double limited_mean(const Distribution& d, double limit) noexcept {
  const double mean = d.mean_us * kMicrosecond;
  const double longer = d.long_us * kMicrosecond;
  const auto exponential = [limit](double m) { return m > 0 ? m * -std::expm1(-limit / m) : 0.0; };
  switch (d.kind) {
    case Kind::fixed:
      return std::min(mean, limit);
    case Kind::exponential:
      return exponential(mean);
    case Kind::bimodal:
      return (1 - d.long_share) * std::min(mean, limit) + d.long_share * std::min(longer, limit);
    case Kind::hyperexponential:
      return (1 - d.long_share) * exponential(mean) + d.long_share * exponential(longer);
    case Kind::uniform: {
      const double end = std::min(d.max_us * kMicrosecond, limit);
      if (limit <= mean) return limit;
      return mean + (end - mean) * (1 + tail(d, end)) / 2;
    }
    case Kind::lognormal: {
      if (mean == 0 || d.sigma == 0) return std::min(mean, limit);
      const double z = (std::log(limit / mean) - d.sigma * d.sigma / 2) / d.sigma;
      return mean * normal_below(z) + limit * tail(d, limit);
    }
    case Kind::pareto: {
      const double least = scale_of_pareto(d);
      if (limit <= least) return limit;
      return least + least / (d.alpha - 1) * (1 - std::pow(least / limit, d.alpha - 1));
    }
  }
  return mean;
}

double own_mean_ns(const Distribution& d) noexcept { return mean_us(d) * kMicrosecond; }

// How far the cut at kDrawMax_us, alone, and cut and grid together move the mean; a share of it.
double lost_by_cut(const Distribution& d) noexcept {
  return 1 - limited_mean(d, kDrawMax_us * kMicrosecond) / own_mean_ns(d);
}
double moved(const Distribution& d) noexcept {
  return std::abs(drawn_mean_ns(d) / own_mean_ns(d) - 1);
}

// The bound between values of `member` that distort too much, at `bad`, and those that do not.
double bound_of(Distribution d, double Distribution::*member, double bad, double good) noexcept {
  for (int i = 0; i < 60; ++i) {
    const double middle = (bad + good) / 2;
    d.*member = middle;
    (lost_by_cut(d) > kDistortionMax ? bad : good) = middle;
  }
  return good;
}

[[noreturn]] void refuse_cut(const Distribution& d, const std::string& text) {
  constexpr double kAlphaMax = 100;
  std::string remedy = "lower its mean";
  if (d.kind == Kind::lognormal) {
    const double most = bound_of(d, &Distribution::sigma, d.sigma, 0);
    remedy = fmt::format("take a sigma of at most {:.2f}", std::floor(most * 100) / 100);
  } else if (d.kind == Kind::pareto) {
    const double least = bound_of(d, &Distribution::alpha, d.alpha, kAlphaMax);
    remedy = fmt::format("take an alpha of at least {:.2f}", std::ceil(least * 100) / 100);
  }
  throw Error(fmt::format("\"{}\"", text),
              fmt::format("loses {:.3g} % of its mean where draws are cut at 1 s: {:.4g} us, not "
                          "{:.4g} us",
                          100 * lost_by_cut(d), drawn_mean_ns(d) / kMicrosecond, mean_us(d)),
              remedy + " with this mean: at most 1 % may be lost");
}

[[noreturn]] void refuse_grid(const Distribution& d, const std::string& text) {
  throw Error(fmt::format("\"{}\"", text),
              fmt::format("has a mean of {:.4g} us on the clock's grid of 1 ns, not {:.4g} us",
                          drawn_mean_ns(d) / kMicrosecond, mean_us(d)),
              "write whole nanoseconds, or a mean of at least 0.05 us: at most 1 % may be lost");
}

}  // namespace

// A draw is rounded to k ns or more where it is longer than k - 0.5: the sum of those shares. From
// kGridEnd_ns on the sum is the tail's integral.
double drawn_mean_ns(const Distribution& distribution) noexcept {
  const double cut = kDrawMax_us * kMicrosecond;
  double sum = limited_mean(distribution, cut) - limited_mean(distribution, kGridEnd_ns);
  for (int k = 0; k < kGridEnd_ns; ++k) {
    // A length of k + 0.5 itself is rounded up.
    sum += tail(distribution, std::nextafter(k + 0.5, 0.0));
  }
  return sum;
}

// The integral of 2 x tail(x), over steps of 0.05 %.
double drawn_square_ns2(const Distribution& distribution) noexcept {
  constexpr double kStep = 1.0005;
  const double cut = kDrawMax_us * kMicrosecond;
  double sum = 0;
  double from = 0;
  for (double to = 1; from < cut; to = std::min(cut, to * kStep)) {
    const double middle = (from + to) / 2;
    sum += tail(distribution, middle) * (to * to - from * from);
    from = to;
  }
  return sum;
}

void check_drawn(const Distribution& distribution, const std::string& text) {
  if (own_mean_ns(distribution) == 0) {
    if (distribution.kind == Kind::fixed) return;
    throw Error(fmt::format("\"{}\"", text), "is always 0",
                "give it a mean, or write fixed:0 where nothing is meant");
  }
  if (lost_by_cut(distribution) > kDistortionMax) refuse_cut(distribution, text);
  if (moved(distribution) > kDistortionMax) refuse_grid(distribution, text);
}

}  // namespace etude::sim
