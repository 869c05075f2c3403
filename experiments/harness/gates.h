// experiments/harness/gates.h
//
// Which rounds give no ratio. A gate belongs to a metric and to a bias that a test demonstrates
// (gates_test.cpp): without it the verdict is wrong, with it right. Noise is no reason: it falls on
// both sides alike or, by the drawn order, on either, and the interval shows it. A gate never looks
// at how badly a side did, so the bad rounds of a bad scheduler stay.
//
// Threads: any; pure.

#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace etude::harness {

struct TrialRecord;

enum class Metric : std::uint8_t { cpu, throughput, p50, p99 };

enum class Design : std::uint8_t { duet, interleaved, paired, solo, blocks };

// Why these sides of one round give no ratio in this metric; empty: they do.
std::vector<std::string> void_reasons(std::span<const TrialRecord* const> sides, Metric metric,
                                      Design design);

// By how much, in ln, the ratio of the two rates moved within a round, from the first third of the
// windows to the last. Both sides may drift together and it stays 0. Nothing in an interleaved
// round, or when a side has fewer than three windows or no answer in a third. It voids no round: a
// server that falls behind in one moves it too. Where it moves the same way in round after round,
// the ratio had not settled when it was measured.
std::optional<double> ratio_drift(const TrialRecord& baseline, const TrialRecord& candidate);

// Says so of the drifts of a comparison's rounds; "" when there are fewer than six, or when their
// 95 % interval reaches into +-3 %.
std::string drift_reason(std::span<const double> drifts);

}  // namespace etude::harness
