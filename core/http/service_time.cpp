#include "core/http/service_time.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <numbers>
#include <string_view>

#include "core/clock.h"
#include "core/random.h"

namespace etude::http {

namespace {

constexpr double kServiceTimeMax_us = static_cast<double>(kServiceTimeMax_ns) / kMicrosecond;

// Leaves `value` as it is when the query does not name it; false when it names it badly.
bool read(const Request& request, std::string_view name, double min, double max,
          double& value) noexcept {
  const auto text = request.query_value(name);
  if (!text) return true;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
  return error == std::errc{} && end == text->data() + text->size() && value >= min && value <= max;
}

// Standard normal, by Box and Muller.
double normal(Rng& rng) noexcept {
  const double radius = std::sqrt(-2 * std::log1p(-rng.uniform()));
  return radius * std::cos(2 * std::numbers::pi * rng.uniform());
}

double draw_us(const ServiceTime& distribution, Rng& rng) noexcept {
  const double mean_us = distribution.mean_us;
  switch (distribution.kind) {
    case ServiceTime::Kind::fixed:
      return mean_us;
    case ServiceTime::Kind::exponential:
      return rng.exponential(mean_us);
    case ServiceTime::Kind::bimodal:
      return rng.uniform() < distribution.long_share ? distribution.long_us : mean_us;
    case ServiceTime::Kind::lognormal: {
      const double sigma = distribution.sigma;
      return mean_us * std::exp(sigma * normal(rng) - sigma * sigma / 2);
    }
    case ServiceTime::Kind::pareto: {
      const double min_us = mean_us * (distribution.alpha - 1) / distribution.alpha;
      return min_us / std::pow(1 - rng.uniform(), 1 / distribution.alpha);
    }
  }
  return mean_us;
}

}  // namespace

std::optional<ServiceTime> parse_service_time(const Request& request) noexcept {
  constexpr double kAlphaMin = 1.001;  // at 1 there is no mean
  constexpr double kAlphaMax = 100;
  constexpr double kSigmaMax = 10;
  ServiceTime time;
  const std::string_view name = request.query_value("dist").value_or("fixed");
  if (name == "fixed")
    time.kind = ServiceTime::Kind::fixed;
  else if (name == "exp")
    time.kind = ServiceTime::Kind::exponential;
  else if (name == "bimodal")
    time.kind = ServiceTime::Kind::bimodal;
  else if (name == "lognormal")
    time.kind = ServiceTime::Kind::lognormal;
  else if (name == "pareto")
    time.kind = ServiceTime::Kind::pareto;
  else
    return std::nullopt;
  if (!request.query_value("us")) return std::nullopt;
  const bool good = read(request, "us", 0, kServiceTimeMax_us, time.mean_us) &&
                    read(request, "long_us", 0, kServiceTimeMax_us, time.long_us) &&
                    read(request, "long_share", 0, 1, time.long_share) &&
                    read(request, "sigma", 0, kSigmaMax, time.sigma) &&
                    read(request, "alpha", kAlphaMin, kAlphaMax, time.alpha);
  return good ? std::optional{time} : std::nullopt;
}

Nanos ServiceTimeSource::draw_ns(const ServiceTime& distribution) noexcept {
  if (distribution.kind == ServiceTime::Kind::fixed) {
    return static_cast<Nanos>(distribution.mean_us * kMicrosecond);
  }
  Rng rng{mix_seed(seed_) + draws_.fetch_add(1, std::memory_order_relaxed)};
  const double us = std::min(draw_us(distribution, rng), kServiceTimeMax_us);
  return static_cast<Nanos>(us * kMicrosecond);
}

void burn(Nanos duration_ns) noexcept {
  const Nanos end_ns = monotonic_ns() + duration_ns;
  while (monotonic_ns() < end_ns) {
  }
}

}  // namespace etude::http
