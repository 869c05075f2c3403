// experiments/simulator/outcome_record.h
//
// From what a simulation gave to a trial's record: the same columns, filled in the same way, as a
// measured one. What a model does not have (context switches, resident memory, stolen time, a time
// of day) stays empty.
//
// Threads: any.

#pragma once

#include "experiments/harness/trial_runner.h"
#include "experiments/simulator/build_model.h"
#include "experiments/simulator/simulate.h"

namespace etude::sim {

// All that is known before a trial is simulated.
harness::TrialRecord planned_record(const harness::TrialRun& run, const harness::Suite& suite);

void fill_from_outcome(Outcome& outcome, const BuiltModel& built, const harness::Cell& cell,
                       harness::TrialRecord& record);

}  // namespace etude::sim
