// experiments/simulator/schedule.h
//
// When an open loop wants its requests sent: one schedule for the whole load, that depends on the
// model's arrivals and seed alone.
//
// Threads: one.

#pragma once

#include <cstddef>
#include <cstdint>

#include "core/random.h"
#include "core/types.h"
#include "experiments/simulator/model.h"

namespace etude::sim {

class Schedule {
 public:
  // Both are borrowed.
  Schedule(const Arrivals& arrivals, Rng& rng);

  bool is_open() const noexcept { return arrivals_.kind != Arrivals::Kind::closed; }

  // When the next request is due; rising. Requires: is_open().
  Nanos next_ns();
  // Requests that next_ns() has named.
  std::uint64_t count() const noexcept { return count_; }

  // Over a long time, whatever the kind. 0: closed.
  double rate_rps() const noexcept;

 private:
  Nanos next_on_off_ns();
  Nanos next_traced_ns();

  const Arrivals& arrivals_;
  Rng& rng_;
  std::uint64_t count_ = 0;
  double time_ns_ = 0;
  double on_until_ns_ = 0;  // on_off
  double rate_while_on_rps_ = 0;
};

}  // namespace etude::sim
