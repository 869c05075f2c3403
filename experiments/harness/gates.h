#pragma once

#include <cstdint>

namespace etude::harness {

enum class Metric : std::uint8_t { cpu, throughput, p50, p99 };
enum class Design : std::uint8_t { duet, interleaved, paired, solo, blocks };

}  // namespace etude::harness
