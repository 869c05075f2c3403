#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace etude::harness {

enum class Metric : std::uint8_t { cpu, throughput, p50, p99 };
enum class Design : std::uint8_t { duet, interleaved, paired, solo, blocks };

struct TrialRecord;
std::vector<std::string> void_reasons(std::span<const TrialRecord* const> sides, Metric metric,
                                      Design design);

}  // namespace etude::harness
