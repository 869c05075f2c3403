// experiments/harness/capacity.h
//
// Rates as shares of what a server can do. The capacity of each slice (workload, pipeline,
// connections, cores, placement) is measured once, before the first block, as a trial like any
// other: closed loop, the slice's first cell with a scheduler, label "capacity". Its record is in
// the journal, so a resumed run uses the same rates; and whatever else a cell varies, it is given
// the same absolute rate.
//
// Threads: any; values.
// Errors:  none. A capacity that was not measured leaves a trial without a rate, which it records.

#pragma once

#include <string_view>

#include "experiments/harness/journal.h"
#include "experiments/harness/plan.h"

namespace etude::harness {

inline constexpr std::string_view kCapacityLabel = "capacity";

// Puts before the plan's trials those that measure the capacities they need. A workload with a
// capacity_rps of its own needs none.
void put_capacities_first(const Suite& suite, Plan& plan);

bool measures_capacity(const PlannedTrial& trial);

// The trial with the rate it is to run at. One that has its rate, or needs none, stays as it is.
PlannedTrial with_rate(const Suite& suite, const PlannedTrial& trial, const Journal& journal);

}  // namespace etude::harness
