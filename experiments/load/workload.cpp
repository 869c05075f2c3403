#include "experiments/load/workload.h"

#include <fmt/format.h>
#include <strings.h>

#include <algorithm>

#include "core/random.h"

namespace etude::load {
namespace {

constexpr std::size_t kTapeBytesMax = 64 << 20U;

// Streams of draws that have nothing to do with each other, nor with the arrivals.
constexpr std::uint64_t kRouteStream = 0x726f'7574'6573'0000U;
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

std::string request_for(const Url& url, const std::string& target, const LoadOptions& options) {
  Url asked = url;
  asked.target = target;
  return make_request(asked, options.headers);
}

}  // namespace

std::string make_request(const Url& url, const std::vector<std::string>& headers) {
  constexpr std::string_view kHost = "host:";
  std::string fields;
  bool has_host = false;
  for (const std::string& header : headers) {
    has_host |= strncasecmp(header.c_str(), kHost.data(), kHost.size()) == 0;
    fields += header;
    fields += "\r\n";
  }
  if (!has_host) fields = fmt::format("Host: {}\r\n{}", url.authority, fields);
  return fmt::format("GET {} HTTP/1.1\r\n{}\r\n", url.target, fields);
}

RequestTape make_tape(const Url& url, const LoadOptions& options) {
  if (options.mix.empty()) {
    return RequestTape({make_request(url, options.headers)}, options.pipeline);
  }
  std::vector<std::string> requests;
  std::size_t longest = 0;
  for (const Route& route : options.mix) {
    requests.push_back(request_for(url, route.path, options));
    longest = std::max(longest, requests.back().size());
  }
  std::vector<std::string> cycle;
  std::vector<std::uint8_t> routes;
  RouteDraw draw(options.mix, options.seed);
  const std::size_t period = std::clamp<std::size_t>(kTapeBytesMax / longest, 1, kDrawnRequests);
  for (std::size_t i = 0; i < period; ++i) {
    routes.push_back(draw.next());
    cycle.push_back(requests[routes.back()]);
  }
  return RequestTape(cycle, options.pipeline, routes);
}

RequestTape make_beside_tape(const Url& url, const LoadOptions& options) {
  return RequestTape({request_for(url, options.beside_path, options)}, 1);
}

std::uint32_t first_position(const RequestTape& tape, std::uint64_t seed, std::uint32_t number) {
  Rng rng(mix_seed(seed ^ kPositionStream) + number);
  return rng.below(tape.period());
}

}  // namespace etude::load
