#include "experiments/load/workload.h"

#include <fmt/format.h>
#include <strings.h>

#include <algorithm>

#include "core/random.h"
#include "experiments/load/path_template.h"

namespace etude::load {
namespace {

constexpr std::size_t kTapeBytesMax = 64 << 20U;

// Streams of draws that have nothing to do with each other, nor with the arrivals.
constexpr std::uint64_t kRouteStream = 0x726f'7574'6573'0000U;
constexpr std::uint64_t kValueStream = 0x7661'6c75'6573'0000U;
constexpr std::uint64_t kBesideStream = 1'000;  // of the values: above every route's
constexpr std::uint64_t kPositionStream = 0x706f'7369'7469'6f6eU;

// Draws routes by weight.
class RouteDraw {
 public:
  RouteDraw(const std::vector<Route>& mix, std::uint64_t seed)
      : rng_(mix_seed(seed ^ kRouteStream)) {
    double sum = 0;
    for (const Route& route : mix) sums_.push_back(sum += route.weight);
  }

  std::uint8_t next() {
    const double at = rng_.uniform() * sums_.back();
    const auto found = std::upper_bound(sums_.begin(), sums_.end(), at);
    const auto index = static_cast<std::size_t>(found - sums_.begin());
    return static_cast<std::uint8_t>(std::min(index, sums_.size() - 1));
  }

 private:
  std::vector<double> sums_;
  Rng rng_;
};

// Draws the requests of one route after another.
class RequestDraw {
 public:
  RequestDraw(const Url& url, const std::string& path, const LoadOptions& options,
              std::uint64_t stream)
      : url_(url),
        path_(path),
        headers_(options.headers),
        body_(stream == kBesideStream ? std::nullopt : options.body),
        rng_(mix_seed(mix_seed(options.seed ^ kValueStream) + stream)) {}

  bool is_drawn() const noexcept { return path_.is_drawn(); }
  std::string next() {
    url_.target = path_.render(rng_);
    return make_request(url_, headers_, body_);
  }

 private:
  Url url_;
  PathTemplate path_;
  const std::vector<std::string>& headers_;
  std::optional<std::string> body_;
  Rng rng_;
};

// How many requests like `request` fit on a tape.
std::size_t period_for(const std::string& request) {
  return std::clamp<std::size_t>(kTapeBytesMax / request.size(), 1, kDrawnRequests);
}

// A tape for one path, drawn or not.
RequestTape make_plain_tape(RequestDraw draw, std::uint32_t run_max) {
  std::vector<std::string> cycle{draw.next()};
  const std::size_t period = draw.is_drawn() ? period_for(cycle[0]) : 1;
  while (cycle.size() < period) cycle.push_back(draw.next());
  return RequestTape(cycle, run_max);
}

}  // namespace

std::string make_request(const Url& url, const std::vector<std::string>& headers,
                         const std::optional<std::string>& body) {
  constexpr std::string_view kHost = "host:";
  std::string fields;
  bool has_host = false;
  for (const std::string& header : headers) {
    has_host |= strncasecmp(header.c_str(), kHost.data(), kHost.size()) == 0;
    fields += header;
    fields += "\r\n";
  }
  if (!has_host) fields = fmt::format("Host: {}\r\n{}", url.authority, fields);
  if (!body) return fmt::format("GET {} HTTP/1.1\r\n{}\r\n", url.target, fields);
  return fmt::format("POST {} HTTP/1.1\r\n{}Content-Length: {}\r\n\r\n{}", url.target, fields,
                     body->size(), *body);
}

RequestTape make_tape(const Url& url, const LoadOptions& options) {
  if (options.mix.empty()) {
    return make_plain_tape(RequestDraw(url, url.target, options, 0), options.pipeline);
  }
  std::vector<RequestDraw> draws;
  std::size_t period = kDrawnRequests;
  for (const Route& route : options.mix) {
    draws.emplace_back(url, route.path, options, draws.size());
    period = std::min(period, period_for(RequestDraw(draws.back()).next()));
  }
  std::vector<std::string> cycle;
  std::vector<std::uint8_t> routes;
  RouteDraw route_draw(options.mix, options.seed);
  for (std::size_t i = 0; i < period; ++i) {
    routes.push_back(route_draw.next());
    cycle.push_back(draws[routes.back()].next());
  }
  return RequestTape(cycle, options.pipeline, routes);
}

RequestTape make_beside_tape(const Url& url, const LoadOptions& options) {
  return make_plain_tape(RequestDraw(url, options.beside_path, options, kBesideStream), 1);
}

std::uint32_t first_position(const RequestTape& tape, std::uint64_t seed, std::uint32_t number) {
  Rng rng(mix_seed(seed ^ kPositionStream) + number);
  return rng.below(tape.period());
}

}  // namespace etude::load
