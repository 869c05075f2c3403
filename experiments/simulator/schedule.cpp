#include "experiments/simulator/schedule.h"

#include <algorithm>

#include "core/failure.h"

namespace etude::sim {
Schedule::Schedule(const Arrivals& arrivals, Rng& rng) : arrivals_(arrivals), rng_(rng) {
  if (arrivals.kind == Arrivals::Kind::on_off) {
    const double on_ns = arrivals.on.mean_ns();
    require(on_ns > 0, "bursts have a length");
    rate_while_on_rps_ = arrivals.rate_rps * (on_ns + arrivals.off.mean_ns()) / on_ns;
  }
  if (arrivals.kind == Arrivals::Kind::trace) {
    require(arrivals.trace != nullptr, "a trace is given");
    require(!arrivals.trace->empty(), "a trace has arrivals");
    require(arrivals.trace_period_ns > arrivals.trace->back(),
            "a trace ends before it is repeated");
  } else if (is_open()) {
    require(arrivals.rate_rps > 0, "an open loop has a rate");
  }
}

Nanos Schedule::next_ns() {
  ++count_;
  switch (arrivals_.kind) {
    case Arrivals::Kind::fixed:
      return static_cast<Nanos>(static_cast<double>(count_) * 1e9 / arrivals_.rate_rps);
    case Arrivals::Kind::poisson:
      time_ns_ += rng_.exponential(1e9 / arrivals_.rate_rps);
      return static_cast<Nanos>(time_ns_);
    case Arrivals::Kind::on_off:
      return next_on_off_ns();
    case Arrivals::Kind::trace:
      return next_traced_ns();
    case Arrivals::Kind::closed:
      break;
  }
  fail("a closed loop has no schedule");
}

// What is left of a gap when a burst ends goes on in the next one: within bursts the process has no
// memory, so they join to one Poisson process.
Nanos Schedule::next_on_off_ns() {
  double gap_ns = rng_.exponential(1e9 / rate_while_on_rps_);
  for (;;) {
    if (time_ns_ + gap_ns < on_until_ns_) {
      time_ns_ += gap_ns;
      return static_cast<Nanos>(time_ns_);
    }
    gap_ns -= std::max(0.0, on_until_ns_ - time_ns_);
    // The first burst begins at once.
    const bool begins = on_until_ns_ == 0;
    const Nanos off_ns = begins ? 0 : arrivals_.off.draw_ns(rng_);
    time_ns_ = on_until_ns_ + static_cast<double>(off_ns);
    on_until_ns_ = time_ns_ + std::max(1.0, static_cast<double>(arrivals_.on.draw_ns(rng_)));
  }
}

Nanos Schedule::next_traced_ns() {
  const std::uint64_t nth = count_ - 1;
  const std::uint64_t length = arrivals_.trace->size();
  const auto round = static_cast<Nanos>(nth / length);
  return round * arrivals_.trace_period_ns + (*arrivals_.trace)[nth % length];
}

double Schedule::rate_rps() const noexcept {
  if (arrivals_.kind != Arrivals::Kind::trace) return is_open() ? arrivals_.rate_rps : 0;
  return static_cast<double>(arrivals_.trace->size()) * 1e9 /
         static_cast<double>(arrivals_.trace_period_ns);
}

}  // namespace etude::sim
