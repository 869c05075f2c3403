// experiments/harness/compared_sets.h
//
// Sets of cells that a suite picks for comparison by hand ("compare": {"sets": [..]}): a baseline
// and what is compared with it, which may differ in several factors at once, the load among them.
// Every set becomes a group (group.h).
//
// Threads: any; values.
// Errors:  Error, naming the set, for a pick of an unknown factor or a set that compares nothing.

#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "experiments/harness/suite.h"

namespace etude::harness {

struct PickedSet {
  std::vector<Cell> cells;      // the baseline first
  std::uint32_t somaxconn = 0;  // the least net.core.somaxconn it needs; 0: any
};

// In the order of the suite; sets without a baseline or without a candidate are left out.
std::vector<PickedSet> picked_sets(const Suite& suite);

// Error when one of the suite's sets has no baseline, or nothing to compare it with.
void refuse_empty_sets(const Suite& suite);

// The factors in which the cells differ: "connections", "scheduler+threads_per_core".
std::string varying_text(std::span<const Cell> cells);

// What tells a cell from the others: "work-stealing threads_per_core=2", "connections=16384".
std::string level_among(std::span<const Cell> cells, const Cell& cell);

}  // namespace etude::harness
