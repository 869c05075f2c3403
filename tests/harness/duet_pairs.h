// tests/harness/duet_pairs.h
//
// Log-ratios of real A/A duets, to be resampled: server CPU per request of fifo against itself, 30
// rounds of 1.5 s each of plaintext x16 at 256 and at 4,096 connections and of JSON x1 at 256, one
// after the other's order drawn. Measured on 2026-11-27 on 2 virtual cores, server on the first and
// clients on the second, with a compiler at nice 19 beside: the noise of an ordinary machine.

#pragma once

#include <array>
#include <numeric>

namespace etude::harness {

// clang-format off
inline constexpr std::array kDuetLogRatios{
    -0.0018, -0.0028, 0.0070, -0.0104, -0.0069, 0.0280, 0.0051, -0.0090, -0.0062, 0.0015, -0.0063,
    -0.0088, -0.0095, 0.0125, -0.0006, 0.0069, -0.0060, -0.0167, 0.0132, 0.0102, -0.0044, -0.0051,
    0.0119, -0.0058, 0.0015, 0.0056, -0.0030, 0.0006, -0.0022, 0.0050, -0.0011, -0.0054, -0.0004,
    -0.0297, -0.0088, 0.0029, -0.0011, -0.0042, 0.0109, -0.0142, -0.0103, -0.0006, -0.0067,
    0.0097, 0.0075, -0.0023, -0.0200, -0.0028, -0.0087, -0.0023, 0.0091, -0.0110, -0.0170,
    -0.0060, 0.0066, -0.0135, -0.0120, 0.0054, -0.0195, 0.0238, -0.0162, 0.0229, -0.0044, 0.0064,
    -0.0053, -0.0066, 0.0017, 0.0049, 0.0130, 0.0024, 0.0090, 0.0033, -0.0019, 0.0023, 0.0083,
    -0.0115, 0.0005, 0.0092, -0.0090, -0.0077, -0.0054, -0.0009, -0.0128, -0.0076, 0.0279,
    -0.0103, 0.0066, 0.0054, 0.0105, 0.0018};
// clang-format on

// Taken off before an effect is planted: what is left has none.
inline double duet_mean() {
  return std::accumulate(kDuetLogRatios.begin(), kDuetLogRatios.end(), 0.0) /
         static_cast<double>(kDuetLogRatios.size());
}

}  // namespace etude::harness
