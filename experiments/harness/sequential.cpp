#include "experiments/harness/sequential.h"

#include <algorithm>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <limits>
#include <numeric>

#include "core/failure.h"

namespace etude::harness {
namespace {

// Where spread vanishes or a level underflows the answer is a limit, and no exception.
using Policy = boost::math::policies::policy<
    boost::math::policies::domain_error<boost::math::policies::ignore_error>,
    boost::math::policies::overflow_error<boost::math::policies::ignore_error>,
    boost::math::policies::underflow_error<boost::math::policies::ignore_error>>;
using StudentsT = boost::math::students_t_distribution<double, Policy>;

constexpr double kInfinite = std::numeric_limits<double>::infinity();
constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();
constexpr std::uint32_t kForeseenMax = 10'000;  // pairs; further ahead is no forecast

struct Moments {
  std::uint32_t pairs;
  double mean;
  double sd;  // NaN below 2 pairs

  double error() const { return sd / std::sqrt(static_cast<double>(pairs)); }
};

Moments moments_of(std::span<const double> values) {
  const auto count = static_cast<double>(values.size());
  const double mean = std::accumulate(values.begin(), values.end(), 0.0) / count;
  double squares = 0;
  for (const double value : values) squares += (value - mean) * (value - mean);
  const double sd = values.size() < 2 ? kUnknown : std::sqrt(squares / (count - 1));
  return {static_cast<std::uint32_t>(values.size()), mean, sd};
}

// P(T > t) with pairs - 1 degrees of freedom, t = distance / error; without spread 0 or 1.
double upper_tail(double distance, const Moments& moments) {
  if (moments.error() == 0) return distance > 0 ? 0 : 1;
  const StudentsT t(moments.pairs - 1);
  return boost::math::cdf(boost::math::complement(t, distance / moments.error()));
}

// Half of the two-sided interval that misses with probability `miss`.
double half_width(std::uint32_t pairs, double sd, double miss) {
  if (sd == 0) return 0;
  const StudentsT t(pairs - 1);
  return boost::math::quantile(boost::math::complement(t, miss / 2)) * sd /
         std::sqrt(static_cast<double>(pairs));
}

std::uint32_t next_look(std::uint32_t pairs) {
  return std::max(pairs + 1, static_cast<std::uint32_t>(std::lround(1.25 * pairs)));
}

double share_of_look(const StoppingRule& rule) {
  return 1.0 / static_cast<double>(scheduled_looks(rule).size());
}

// Which hypotheses Holm's procedure rejects.
std::vector<bool> rejected_by_holm(const std::vector<double>& p_values, double alpha) {
  std::vector<std::size_t> order(p_values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return p_values[a] < p_values[b]; });
  std::vector<bool> rejected(p_values.size());
  for (std::size_t rank = 0; rank < order.size(); ++rank) {
    const auto left = static_cast<double>(order.size() - rank);
    if (p_values[order[rank]] * left > alpha) break;
    rejected[order[rank]] = true;
  }
  return rejected;
}

// The first later look at which a comparison with this mean and spread would close.
std::uint32_t pairs_to_close(const Evidence& evidence, double floor, double miss,
                             const StoppingRule& rule) {
  if (evidence.pairs < 2) return rule.pairs_min - std::min(rule.pairs_min, evidence.pairs);
  const double margin = std::log1p(rule.margin);
  const double size = std::abs(evidence.mean_log);
  std::uint32_t look = rule.pairs_min;
  while (look <= evidence.pairs) look = next_look(look);
  for (; look <= kForeseenMax; look = next_look(look)) {
    const double half = half_width(look, evidence.sd_log, miss);
    if (half + size < margin || (half < size && size >= floor)) return look - evidence.pairs;
  }
  return 0;
}

}  // namespace

std::vector<std::uint32_t> scheduled_looks(const StoppingRule& rule) {
  std::vector<std::uint32_t> looks;
  for (std::uint32_t look = rule.pairs_min; look < rule.pairs_max; look = next_look(look)) {
    looks.push_back(look);
  }
  looks.push_back(rule.pairs_max);
  return looks;
}

Evidence weigh(std::span<const double> log_ratios, const StoppingRule& rule) {
  for (const double value : log_ratios) require(std::isfinite(value), "a log-ratio is finite");
  Evidence evidence;
  if (log_ratios.empty()) return evidence;
  const Moments all = moments_of(log_ratios);
  evidence.pairs = all.pairs;
  evidence.mean_log = all.mean;
  evidence.sd_log = all.sd;
  const double half = all.pairs < 2 ? kUnknown : half_width(all.pairs, all.sd, 0.05);
  evidence.low_log = all.mean - half;
  evidence.high_log = all.mean + half;

  const double margin = std::log1p(rule.margin);
  const double share = share_of_look(rule);
  for (const std::uint32_t look : scheduled_looks(rule)) {
    if (look > log_ratios.size() || look < 2) continue;
    const Moments seen = moments_of(log_ratios.first(look));
    const double differs = std::min(1.0, 2 * upper_tail(std::abs(seen.mean), seen));
    const double equivalent = upper_tail(margin - std::abs(seen.mean), seen);
    evidence.p_differs = std::min(evidence.p_differs, differs / share);
    evidence.p_equivalent = std::min(evidence.p_equivalent, equivalent / share);
    evidence.look_pairs = look;
    evidence.look_mean_log = seen.mean;
    evidence.look_sd_log = seen.sd;
  }
  return evidence;
}

std::vector<Judged> judge_family(std::span<const Evidence> family, std::span<const double> floors,
                                 const StoppingRule& rule) {
  require(family.size() == floors.size(), "each comparison has a floor");
  std::vector<double> differs;
  std::vector<double> equivalent;
  for (const Evidence& evidence : family) {
    differs.push_back(evidence.p_differs);
    equivalent.push_back(evidence.p_equivalent);
  }
  const std::vector<bool> differ = rejected_by_holm(differs, rule.alpha);
  const std::vector<bool> equal = rejected_by_holm(equivalent, rule.alpha);
  const double share = share_of_look(rule);
  // Bonferroni's level, since intervals cannot take over what others leave.
  const double miss =
      rule.alpha * share / static_cast<double>(std::max<std::size_t>(1, family.size()));
  std::vector<Judged> judged(family.size());
  for (std::size_t i = 0; i < family.size(); ++i) {
    const Evidence& evidence = family[i];
    if (equal[i]) {
      judged[i].decision = Decision::equivalent;
    } else if (differ[i] && std::abs(evidence.mean_log) >= floors[i]) {
      judged[i].decision = Decision::differs;
    } else {
      judged[i].pairs_more = pairs_to_close(evidence, floors[i], miss, rule);
    }
    const double half = evidence.look_pairs == 0
                            ? kInfinite
                            : half_width(evidence.look_pairs, evidence.look_sd_log, miss);
    judged[i].decision_low_log = evidence.look_mean_log - half;
    judged[i].decision_high_log = evidence.look_mean_log + half;
  }
  return judged;
}

double aa_floor(std::span<const double> aa_log_ratios, std::uint32_t pairs) {
  require(aa_log_ratios.size() >= 3, "a floor takes at least 3 A/A pairs");
  require(pairs > 0, "a floor is that of some pairs");
  double squares = 0;
  for (const double value : aa_log_ratios) squares += value * value;
  const auto count = static_cast<double>(aa_log_ratios.size());
  const StudentsT t(count);
  return boost::math::quantile(boost::math::complement(t, 0.025)) *
         std::sqrt(squares / count / pairs);
}

}  // namespace etude::harness
