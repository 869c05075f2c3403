// experiments/load/arrivals.h
//
// When an open loop wants its requests sent: one schedule for the whole load, dealt out to its
// threads in turn. It depends on rate, kind and seed alone, not on the number of threads, and never
// on how the server does.
//
// Threads: one per object.
// Source:  a Poisson process has exponential gaps; taking each n-th arrival of one process keeps
//          the threads' arrivals one process together.

#pragma once

#include <cstdint>

#include "core/random.h"
#include "core/types.h"
#include "experiments/load/options.h"

namespace etude::load {

class Arrivals {
 public:
  struct Share {
    std::uint32_t thread = 0;
    std::uint32_t threads = 1;
  };

  Arrivals(Arrival kind, double rate_rps, std::uint64_t seed, Share share);

  // The next arrival of this share, counted from the start of the schedule.
  Nanos peek_ns() const noexcept { return next_ns_; }
  // Its place among the arrivals of all shares, from 0.
  std::uint64_t peek_number() const noexcept { return index_ - 1; }
  void pop() noexcept { skip(share_.threads); }

 private:
  void skip(std::uint32_t count) noexcept;

  Arrival kind_;
  double gap_ns_;
  Share share_;
  Rng rng_;
  std::uint64_t index_ = 0;  // of all arrivals; fixed: the time is exact, whatever the index
  double time_ns_ = 0;
  Nanos next_ns_ = 0;
};

}  // namespace etude::load
