// experiments/simulator/theory_beside.h
//
// The closed form that stands beside a simulated trial of the textbook's queue (quick_suite.h), at
// no cost. Where theory has no exact answer there is none.
//
// Threads: any; values.
// Limits:  Poisson arrivals, 0 < load < 1, at most 1,024 cores.
// Source:  closed_forms.h.

#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "experiments/simulator/lengths.h"

namespace etude::sim {

// How a policy's queues look to theory.
enum class Queues : std::uint8_t {
  alone,     // one for each core, in order of arrival
  together,  // one for all, in order of arrival
  shared,    // no core idles while a task waits, in another order: means are those of `together`
  other,     // none of these
};

struct ClosedForm {
  std::string name;  // "M/M/64", "64 x M/G/1"
  double mean_ns = 0;
  std::optional<double> p50_ns, p99_ns, p999_ns;  // exponential service, in order of arrival
};

std::optional<ClosedForm> closed_form(Queues queues, std::uint32_t cores, double load,
                                      const Lengths& service);

}  // namespace etude::sim
