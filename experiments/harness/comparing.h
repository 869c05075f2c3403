// experiments/harness/comparing.h
//
// What a suite says about its comparisons: the design of its rounds, what is compared with what,
// and when a comparison has enough evidence. Read from the keys "design", "compare", "until" and
// "solo".
//
// A round runs each cell of a group once; a group holds a baseline and its candidates, which differ
// from it in the compared factor alone, or are picked in sets (group.h). A suite without "design"
// runs randomised blocks.
//
// Threads: any; values.
// Errors:  a key of the wrong type, out of range or unknown is refused through its Field.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "experiments/harness/checked_json.h"
#include "experiments/harness/metric.h"

namespace etude::harness {

enum class DesignChoice : std::uint8_t { blocks, automatic, duet, interleaved, paired };

// Cells compared by hand. Picks are written as --only takes them; of one factor they are
// alternatives.
struct ComparedSet {
  std::vector<std::string> baseline;  // of these cells, the first that fits
  std::vector<std::string> only;      // the cells of the set, the baseline among them
  std::uint32_t somaxconn = 0;        // the least net.core.somaxconn it needs
};

struct Comparing {
  DesignChoice design = DesignChoice::blocks;
  std::string factor = "scheduler";
  std::string baseline;           // a level as `--only` writes it; "": the first
  std::vector<ComparedSet> sets;  // in place of factor and baseline; {}: none
  std::vector<Metric> metrics;  // the first that the group's design can judge decides when to stop
  std::uint32_t together = 2;   // most sides of one duet, the baseline included

  double ratio_within = 0.02;  // equivalence margin of cpu and throughput
  double tail_within = 0.10;   // the same of p50 and p99
  std::uint32_t pairs_min = 6;
  std::uint32_t pairs_max = 60;
  std::optional<double> budget_s;  // of all rounds; absent: no limit

  std::uint32_t solo_blocks = 0;       // cells measured solo as well, for the test of agreement
  std::vector<std::string> solo_only;  // key=value, as --only; all must fit

  bool by_rounds() const { return design != DesignChoice::blocks; }
  double margin_of(Metric metric) const {
    return metric == Metric::cpu || metric == Metric::throughput ? ratio_within : tail_within;
  }
};

Comparing read_comparing(const Field& top);

std::string_view design_name(Design design);

}  // namespace etude::harness
