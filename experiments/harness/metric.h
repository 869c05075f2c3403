// experiments/harness/metric.h
//
// What of a trial is compared: its name in suites, options and tables, its column in trials.csv,
// and the word for a change.
//
// Threads: any.

#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "experiments/harness/gates.h"
#include "experiments/harness/record.h"

namespace etude::harness {

// "cpu", "throughput", "p50", "p99".
std::string_view metric_name(Metric metric);
std::optional<Metric> find_metric(std::string_view name);

// The column of trials.csv. In an open loop latency counts from the intended send.
std::string_view metric_column(Metric metric, bool open_loop);
Real metric_value(const TrialRow& trial, Metric metric);

// The word for a candidate whose metric is that many times the baseline's: "cheaper", "slower" ...
std::string direction_word(Metric metric, double ratio);

}  // namespace etude::harness
