// tests/harness/duet_pairs.h
//
// Log-ratios of real A/A duets: server CPU per request of fifo against itself.
#pragma once
#include <array>
namespace etude::harness {
inline constexpr std::array kDuetLogRatios{0.01, -0.01, 0.005, -0.004, 0.012, -0.008};
inline double duet_mean() { double s = 0; for (const double v : kDuetLogRatios) s += v; return s / static_cast<double>(kDuetLogRatios.size()); }
}
