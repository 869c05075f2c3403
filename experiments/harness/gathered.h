// experiments/harness/gathered.h
//
// Which cells of a suite are compared with one another: those that differ in the compared factor
// alone, or those of a set. Groups (group.h) are pieces of these.
//
// Threads: any; values.
// Errors:  Error when the compared factor or the baseline's level does not exist.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "experiments/harness/suite.h"

namespace etude::harness {

struct GatheredCell {
  std::string level;  // of the compared factor, or what tells it apart in its set
  Cell cell;
};

struct Gathered {
  std::string factor;               // that is compared; of a set all that vary
  std::vector<GatheredCell> cells;  // two or more, the baseline first
  std::uint32_t somaxconn = 0;      // the least net.core.somaxconn it needs
  bool one_load = true;             // all sides are asked for the same
};

// In the order of the suite's cells, or of its sets.
std::vector<Gathered> gather(const Suite& suite);

}  // namespace etude::harness
