// experiments/load/steady_state.h
//
// Whether a trial had settled when it was measured, from its 100 ms windows: the rate of its first
// and last third must agree, and whatever beginning has to be cut off must lie in its first
// quarter.
//
// Limits: a last window that is cut short is left out; fewer than three windows are always steady.
// Source: the truncation point is MSER, White, Cobb and Spratt, WSC 2000
//         (doi 10.1109/WSC.2000.899799).

#pragma once

#include <string>
#include <vector>

#include "core/types.h"
#include "experiments/load/recorder.h"

namespace etude::load {

// The change of the rate from the first to the last third of the windows, as a share of the first;
// `noise` is three standard errors of it, by how much the windows of a third differ among
// themselves. Within that a short trial cannot tell a drift from its own unevenness.
struct Drift {
  double change = 0;
  double noise = 0;
};
Drift drift(const std::vector<Window>& windows, Nanos duration_ns) noexcept;

// How many windows have to be cut off for the rest to have the least standard error of its mean, at
// most half of them; `change` from the windows before that point to the ones behind it, as above.
struct Truncation {
  std::size_t windows = 0;
  Drift step;
};
Truncation truncation(const std::vector<Window>& windows, Nanos duration_ns) noexcept;

// Why the trial is not stationary; empty when it is. The thresholds are the protocol's: 3 %, and a
// truncation point within the first quarter.
std::vector<std::string> unsteady_reasons(const std::vector<Window>& windows, Nanos duration_ns);

}  // namespace etude::load
