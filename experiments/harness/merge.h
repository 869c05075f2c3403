// experiments/harness/merge.h
//
// Joins the results of a suite's shards into the directory that one run would have written: same
// rows, in the plan's order. The shards stay as they are.
//
// Threads: one.
// Errors:  Error, before anything is written, when the directories are not of one suite and seed,
//          or hold different records of the same trial.

#pragma once

#include <string>
#include <vector>

#include "experiments/harness/cell.h"

namespace etude::harness {

// Returns the process's exit code; `kWorkFailed` when the disk refused.
// `check_scheduler` reads the suite of a run by rounds again, for its comparisons.
int merge_results(const std::vector<std::string>& directories, const std::string& out, bool quiet,
                  const SchedulerCheck& check_scheduler);

}  // namespace etude::harness
