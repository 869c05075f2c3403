#include "experiments/load/request_tape.h"

#include "core/failure.h"

namespace etude::load {

RequestTape::RequestTape(const std::vector<std::string>& cycle, std::uint32_t run_max,
                         const std::vector<std::uint8_t>& routes)
    : period_(static_cast<std::uint32_t>(cycle.size())) {
  require(!cycle.empty(), "a tape holds at least one request");
  require(routes.empty() || routes.size() == cycle.size(), "each request has its route");
  offsets_.push_back(0);
  for (std::uint32_t i = 0; i < period_ + run_max; ++i) {
    bytes_ += cycle[i % period_];
    offsets_.push_back(bytes_.size());
    if (!routes.empty()) routes_.push_back(routes[i % period_]);
  }
}

}  // namespace etude::load
