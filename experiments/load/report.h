// experiments/load/report.h
//
// The forms a result takes: JSON for programs, a summary as wrk prints it for people, and the
// histograms as CSV. The one place that writes them; nothing is computed here.

#pragma once

#include <string>

#include "experiments/load/result.h"

namespace etude::load {

enum class Distribution : std::uint8_t { hidden, shown };

std::string to_json(const LoadResult& result);
std::string to_text(const LoadResult& result, Distribution distribution);
// The latency that counts, lat_intended in open loop and lat_req in closed, as a .hgrm file.
std::string to_percentile_listing(const LoadResult& result);
std::string to_histogram_csv(const LoadResult& result);  // metric,lower_ns,upper_ns,count

}  // namespace etude::load
