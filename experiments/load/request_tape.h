// experiments/load/request_tape.h
//
// The bytes that connections send, made before the load starts: a cycle of `period` requests,
// unrolled far enough that any run of at most `run_max` of them is one contiguous piece. Sending
// is then one write from shared, read-only memory, whatever the mix of requests on the tape.
//
// Threads: any, after construction.
// Limits:  a connection has at most run_max requests unsent at one moment.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace etude::load {

class RequestTape {
 public:
  // `routes` says to which route of a mix each request of the cycle belongs; empty: there is none.
  RequestTape(const std::vector<std::string>& cycle, std::uint32_t run_max,
              const std::vector<std::uint8_t>& routes = {});

  std::uint32_t period() const noexcept { return period_; }
  std::size_t period_bytes() const noexcept { return offsets_[period_]; }

  // Where request `position` begins; position <= period + run_max.
  std::size_t offset(std::uint32_t position) const noexcept { return offsets_[position]; }
  std::string_view bytes(std::size_t begin, std::size_t end) const noexcept {
    return std::string_view(bytes_).substr(begin, end - begin);
  }

  bool has_routes() const noexcept { return !routes_.empty(); }
  // Requires: has_routes(), position < period + run_max.
  std::uint8_t route(std::uint32_t position) const noexcept { return routes_[position]; }

 private:
  std::string bytes_;
  std::vector<std::size_t> offsets_;
  std::vector<std::uint8_t> routes_;
  std::uint32_t period_;
};

}  // namespace etude::load
