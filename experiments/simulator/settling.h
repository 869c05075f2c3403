// experiments/simulator/settling.h
//
// Whether a simulated open loop could settle: theory's relaxation time against warm-up and measured
// time, and the load against 1. A window's rate cannot show it: rates stand still while queues
// grow.
//
// Threads: any; pure functions.
// Source:  the time constant of a queue in heavy traffic, a Brownian motion with drift 1 - load and
//          variance load x E[S^2] / E[S]: 2 x variance / drift^2 (Harrison, Brownian Motion and
//          Stochastic Flow Systems, 1985). For M/M/1 it is 4 load / (mu (1 - load)^2), which
//          1 / (mu (1 - sqrt load)^2), the exact one, comes to as the load nears 1.

#pragma once

#include <string>
#include <vector>

#include "experiments/simulator/model.h"

namespace etude::sim {

// In ns; 0: closed, or no service. `together`: workers may take each other's tasks, and the cores
// are as good as one of so many times the speed.
double relaxation_ns(const Model& model, bool together);

struct Settling {
  std::string status;  // overloaded, nonstationary or ""
  std::vector<std::string> reasons;
};

// Requires: Outcome's measured_ns and answers of the measured time.
Settling judge_settling(const Model& model, bool together, double measured_ns, double answers);

}  // namespace etude::sim
