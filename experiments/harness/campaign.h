// experiments/harness/campaign.h
//
// A whole run: suite -> plan -> trials -> journal -> tables, whoever carries the trials out.
// Running it again goes on where it stopped, however it stopped.
//
// Threads:   one.
// Ordering:  a trial starts only after the record of the one before is on the disk.
// Errors:    Error before anything is written (exit 2). Later: kWorkFailed when a trial failed or
//            the disk refused, kInterrupted after Ctrl-C or SIGTERM; what is finished stays.

#pragma once

#include <string>
#include <vector>

#include "experiments/harness/suite.h"
#include "experiments/harness/trial_runner.h"

namespace etude::harness {

inline constexpr int kDone = 0;
inline constexpr int kWorkFailed = 1;
inline constexpr int kInterrupted = 130;

struct CampaignRequest {
  std::string out;                // results directory
  std::string shard;              // "I/N", "" for all
  bool shard_by_block = false;    // whole blocks, in place of single trials
  std::vector<std::string> only;  // key=value
  bool quiet = false;
};

int run_campaign(const CampaignRequest& request, const Suite& suite, TrialRunner& runner);

// Prints the plan with its expected time on stdout, and runs nothing.
void print_plan(const CampaignRequest& request, const Suite& suite, const TrialRunner& runner);

}  // namespace etude::harness
