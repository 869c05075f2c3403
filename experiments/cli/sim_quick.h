// experiments/cli/sim_quick.h
//
// `etude sim --scheduler NAME --service TEXT --load L`: a question and its answer in a table, with
// no suite file. The trials are a suite's like any other (experiments/simulator/quick_suite.h);
// with
// --out they stay.
//
// Threads: one.
// Errors:  Error for a wrong option, before anything is written.

#pragma once

#include <cstdint>
#include <string>

#include "experiments/harness/campaign.h"
#include "experiments/simulator/quick_suite.h"
#include "experiments/simulator/simulated_trials.h"

namespace etude::cli {

struct QuickSim {
  sim::QuickQuestion question;
  harness::CampaignRequest request;  // without `out` the results go when they have been printed
  sim::SchedulerMaker make_scheduler;
  std::uint32_t jobs = 1;
  bool dry_run = false;
  bool as_json = false;
};

// Returns the exit code.
int run_quick_sim(const QuickSim& quick);

}  // namespace etude::cli
