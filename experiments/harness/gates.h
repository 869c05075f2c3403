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

}  // namespace etude::harness
