#include "experiments/load/request_tape.h"

#include <fmt/format.h>
#include <strings.h>

#include "core/failure.h"

namespace etude::load {

RequestTape::RequestTape(const std::vector<std::string>& cycle, std::uint32_t run_max)
    : period_(static_cast<std::uint32_t>(cycle.size())) {
  require(!cycle.empty(), "a tape holds at least one request");
  offsets_.push_back(0);
  for (std::uint32_t i = 0; i < period_ + run_max; ++i) {
    bytes_ += cycle[i % period_];
    offsets_.push_back(bytes_.size());
  }
}

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

}  // namespace etude::load
