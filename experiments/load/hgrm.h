// experiments/load/hgrm.h
//
// A histogram as the percentile listing of HdrHistogram, which its plotters and wrk2's users read:
// values in milliseconds, five steps per halving of the distance to 100 %.
//
// Source: HistogramLogProcessor's and wrk2's output, as people's .hgrm files have it; the last row
//         has no 1/(1-Percentile), as in HdrHistogram.

#pragma once

#include <string>

#include "core/histogram.h"

namespace etude::load {

std::string to_hgrm(const Histogram& histogram);

}  // namespace etude::load
