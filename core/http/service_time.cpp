#include "core/http/service_time.h"

#include <charconv>
#include <string_view>

#include "core/clock.h"
#include "core/random.h"

namespace etude::http {

namespace {

// Leaves `value` as it is when the query does not name it; false when it names it badly.
bool read(const Request& request, std::string_view name, double& value) noexcept {
  const auto text = request.query_value(name);
  if (!text) return true;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
  return error == std::errc{} && end == text->data() + text->size();
}

}  // namespace

std::optional<ServiceTime> parse_service_time(const Request& request) noexcept {
  ServiceTime time;
  const std::string_view name = request.query_value("dist").value_or("fixed");
  if (name == "fixed")
    time.kind = ServiceTime::Kind::fixed;
  else if (name == "exp")
    time.kind = ServiceTime::Kind::exponential;
  else if (name == "bimodal")
    time.kind = ServiceTime::Kind::bimodal;
  else if (name == "hyperexp")
    time.kind = ServiceTime::Kind::hyperexponential;
  else if (name == "lognormal")
    time.kind = ServiceTime::Kind::lognormal;
  else if (name == "pareto")
    time.kind = ServiceTime::Kind::pareto;
  else
    return std::nullopt;
  if (!request.query_value("us")) return std::nullopt;
  const bool good = read(request, "us", time.mean_us) && read(request, "long_us", time.long_us) &&
                    read(request, "long_share", time.long_share) &&
                    read(request, "sigma", time.sigma) && read(request, "alpha", time.alpha) &&
                    is_valid(time);
  return good ? std::optional{time} : std::nullopt;
}

Nanos ServiceTimeSource::draw_ns(const ServiceTime& distribution) noexcept {
  if (distribution.kind == ServiceTime::Kind::fixed) {
    return static_cast<Nanos>(distribution.mean_us * kMicrosecond);
  }
  Rng rng{mix_seed(seed_) + draws_.fetch_add(1, std::memory_order_relaxed)};
  return static_cast<Nanos>(draw_us(distribution, rng) * kMicrosecond);
}

void burn(Nanos duration_ns) noexcept {
  const Nanos end_ns = monotonic_ns() + duration_ns;
  while (monotonic_ns() < end_ns) {
  }
}

}  // namespace etude::http
