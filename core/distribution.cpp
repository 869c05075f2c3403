#include "core/distribution.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <numbers>
#include <string_view>
#include <system_error>

namespace etude {
namespace {

struct Form {
  std::string_view name;
  Distribution::Kind kind;
  std::size_t values;
  double Distribution::*at[3];  // in the order of the text
};

using D = Distribution;
constexpr Form kForms[] = {
    {"fixed", D::Kind::fixed, 1, {&D::mean_us}},
    {"exp", D::Kind::exponential, 1, {&D::mean_us}},
    {"uniform", D::Kind::uniform, 2, {&D::mean_us, &D::max_us}},
    {"bimodal", D::Kind::bimodal, 3, {&D::mean_us, &D::long_us, &D::long_share}},
    {"hyperexp", D::Kind::hyperexponential, 3, {&D::mean_us, &D::long_us, &D::long_share}},
    {"lognormal", D::Kind::lognormal, 2, {&D::mean_us, &D::sigma}},
    {"pareto", D::Kind::pareto, 2, {&D::mean_us, &D::alpha}},
};

bool within(double value, double min, double max) noexcept { return value >= min && value <= max; }

// Standard normal, by Box and Muller.
double normal(Rng& rng) noexcept {
  const double radius = std::sqrt(-2 * std::log1p(-rng.uniform()));
  return radius * std::cos(2 * std::numbers::pi * rng.uniform());
}

double draw_uncut_us(const Distribution& distribution, Rng& rng) noexcept {
  const double mean_us = distribution.mean_us;
  switch (distribution.kind) {
    case Distribution::Kind::fixed:
      return mean_us;
    case Distribution::Kind::exponential:
      return rng.exponential(mean_us);
    case Distribution::Kind::uniform:
      return mean_us + (distribution.max_us - mean_us) * rng.uniform();
    case Distribution::Kind::bimodal:
      return rng.uniform() < distribution.long_share ? distribution.long_us : mean_us;
    case Distribution::Kind::hyperexponential: {
      const bool is_long = rng.uniform() < distribution.long_share;
      return rng.exponential(is_long ? distribution.long_us : mean_us);
    }
    case Distribution::Kind::lognormal: {
      const double sigma = distribution.sigma;
      return mean_us * std::exp(sigma * normal(rng) - sigma * sigma / 2);
    }
    case Distribution::Kind::pareto: {
      const double min_us = mean_us * (distribution.alpha - 1) / distribution.alpha;
      return min_us / std::pow(1 - rng.uniform(), 1 / distribution.alpha);
    }
  }
  return mean_us;
}

}  // namespace

bool is_valid(const Distribution& distribution) noexcept {
  constexpr double kAlphaMin = 1.001;  // at 1 there is no mean
  constexpr double kAlphaMax = 100;
  constexpr double kSigmaMax = 10;
  const bool uniform = distribution.kind == Distribution::Kind::uniform;
  return within(distribution.mean_us, 0, kDrawMax_us) &&
         within(distribution.long_us, 0, kDrawMax_us) && within(distribution.long_share, 0, 1) &&
         within(distribution.sigma, 0, kSigmaMax) &&
         within(distribution.alpha, kAlphaMin, kAlphaMax) &&
         (!uniform || within(distribution.max_us, distribution.mean_us, kDrawMax_us));
}

std::optional<Distribution> parse_distribution(std::string_view text) noexcept {
  const std::string_view name = text.substr(0, text.find(':'));
  const auto* form = std::find_if(std::begin(kForms), std::end(kForms),
                                  [name](const Form& one) { return one.name == name; });
  if (form == std::end(kForms)) return {};
  Distribution distribution;
  distribution.kind = form->kind;
  const char* at = text.data() + name.size();
  const char* const end = text.data() + text.size();
  for (std::size_t i = 0; i < form->values; ++i) {
    if (at == end || *at != (i == 0 ? ':' : ',')) return {};
    const auto [next, error] = std::from_chars(at + 1, end, distribution.*form->at[i]);
    if (error != std::errc{}) return {};
    at = next;
  }
  if (at != end || !is_valid(distribution)) return {};
  return distribution;
}

double draw_us(const Distribution& distribution, Rng& rng) noexcept {
  return std::min(draw_uncut_us(distribution, rng), kDrawMax_us);
}

double mean_us(const Distribution& distribution) noexcept {
  switch (distribution.kind) {
    case Distribution::Kind::fixed:
    case Distribution::Kind::exponential:
    case Distribution::Kind::lognormal:
    case Distribution::Kind::pareto:
      return distribution.mean_us;
    case Distribution::Kind::uniform:
      return (distribution.mean_us + distribution.max_us) / 2;
    case Distribution::Kind::bimodal:
    case Distribution::Kind::hyperexponential:
      return (1 - distribution.long_share) * distribution.mean_us +
             distribution.long_share * distribution.long_us;
  }
  return distribution.mean_us;
}

}  // namespace etude
