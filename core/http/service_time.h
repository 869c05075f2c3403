// core/http/service_time.h
//
// How long a request is to keep the CPU, drawn from a distribution that its query names, and the
// burning itself. (core/distribution.h draws.)
//
//   us=5                                         fixed (or dist=fixed)
//   dist=exp&us=5                                exponential, mean us
//   dist=bimodal&us=5&long_us=500&long_share=0.005   long_us with that probability, else us
//   dist=hyperexp&us=5&long_us=500&long_share=0.005  exponential, of these two means
//   dist=lognormal&us=5&sigma=1                  mean us
//   dist=pareto&us=5&alpha=1.5                   mean us, alpha above 1
//
// Threads: any. The n-th draw of a server is the same in every run with the same seed, whichever
//          worker makes it.
// Limits:  a draw is cut at one second.

#pragma once

#include <atomic>
#include <cstdint>
#include <optional>

#include "core/distribution.h"
#include "core/http/message.h"
#include "core/types.h"

namespace etude::http {

inline constexpr auto kServiceTimeMax_ns = static_cast<Nanos>(kDrawMax_us * kMicrosecond);

using ServiceTime = Distribution;

// None when the query does not name a distribution completely, or a value is out of its range.
std::optional<ServiceTime> parse_service_time(const Request& request) noexcept;

class ServiceTimeSource {
 public:
  explicit ServiceTimeSource(std::uint64_t seed) noexcept : seed_(seed) {}

  Nanos draw_ns(const ServiceTime& distribution) noexcept;

 private:
  std::uint64_t seed_;
  // relaxed: numbers the draws, and orders nothing.
  std::atomic<std::uint64_t> draws_ = 0;
};

// Keeps the calling thread busy for that long, on the wall clock.
void burn(Nanos duration_ns) noexcept;

}  // namespace etude::http
