// experiments/simulator/simulated_work.h
//
// A workload's "simulated": what a request does and when requests come, where no path of a real
// server says it. The keys are listed in this room's README.md.
//
//     "simulated": {"service": "hyperexp:5,500,0.005", "slice_us": 10,
//                   "arrivals": {"kind": "on_off", "on": "exp:1000", "off": "exp:9000"}}
//
// Threads: any; values.
// Errors:  Error that names file, field, value, what is allowed and the remedy.

#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "experiments/harness/checked_json.h"
#include "experiments/simulator/model.h"

namespace etude::sim {

// Recorded times of arrival, in ns, rising from 0.
struct Trace {
  std::vector<Nanos> times_ns;
  Nanos period_ns = 0;  // when it begins again

  double rate_rps() const {
    return static_cast<double>(times_ns.size()) * 1e9 / static_cast<double>(period_ns);
  }
};

// A time in microseconds in each line, decimals allowed, none below the one before; lines that
// begin with # and a first line of words are skipped. The period is the last time and a mean gap.
Trace read_trace(const std::string& path);

// The same arrivals at another rate: all gaps longer or shorter by one factor.
Trace at_rate(const Trace& trace, double rate_rps);

struct SimulatedWork {
  std::optional<Handler> handler;  // absent: the path says it
  std::optional<Lengths> think;
  std::optional<Arrivals> arrivals;  // on_off or trace, of which the cell says the rate
  std::shared_ptr<const Trace> trace;
};

// `directory`: where a relative path of a file begins.
SimulatedWork read_simulated_work(const harness::Field& field, const std::string& directory);

}  // namespace etude::sim
