// experiments/simulator/costs_file.h
//
// Files of costs: each number with where it comes from, so that a simulated result can be traced to
// a measurement or a paper. A reader of the file needs nothing else.
//
//     {"about": "..", "machine": "..", "git_rev": "..",
//      "costs": {"steal_attempt_ns": {"value": 100, "source": ".."}, ..},
//      "path_ns": {"/json": {"value": 600, "source": ".."}},
//      "visit_growth": {"points": [[128, 1], [2048, 1.4]], "source": ".."}}
//
// Threads: any; values.
// Limits:  a number lies between 0 and one hour in ns, a factor between a thousandth and a
// thousand,
//          a growth's connections rise.
// Errors:  Error that names file, cost, what is allowed and the remedy; an unknown cost is refused
//          with the nearest known one, a number without a source is refused.

#pragma once

#include <map>
#include <string>

#include "experiments/harness/checked_json.h"
#include "experiments/simulator/costs.h"

namespace etude::sim {

// Costs with what a file says about them.
struct CostsFile {
  Costs costs;
  std::string machine;  // what was measured; "" for costs that are of no machine
  std::string git_rev;  // of the program that was measured; ""
  // Of each number by its name in the file ("steal_attempt_ns", "path_ns./json", "visit_growth").
  std::map<std::string, std::string> sources;
};

// Generous: an hour in ns, or a terabyte; it stops slips of the pen such as seconds times 1e12.
inline constexpr harness::RealRange kAnyCost{0, 3.6e12};

// What a number of that name may be.
harness::RealRange range_of(const CostEntry& entry);

// A file, or the name of one that lies in `directory` ("zero" is costs/zero.json). Its name becomes
// Costs::name.
CostsFile read_costs_file(const std::string& name_or_path, const std::string& directory);

// The costs alone.
Costs read_costs(const std::string& name_or_path, const std::string& directory);

// The file's text. Each number that is not 0 must have a source; what is 0 and has none is left
// out.
std::string costs_text(const CostsFile& file);

// The old file or the whole new one. Error when the disk refuses.
void write_costs(const CostsFile& file, const std::string& path);

}  // namespace etude::sim
