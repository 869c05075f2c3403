// experiments/harness/rounds_campaign.h
//
// A run whose suite compares by rounds (comparing.h): every group gets `pairs_min` rounds, then the
// groups with an open comparison get the next ones, until all are closed, each has `pairs_max`, or
// the budget is spent. Running it again goes on where it stopped, with the same decisions.
//
// Threads:   one.
// Ordering:  a round starts only after the records of the one before are on the disk.
// Errors:    as run_campaign() (campaign.h).

#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "experiments/harness/campaign.h"
#include "experiments/harness/comparisons.h"

namespace etude::harness {

// What is told before each round, and at the end.
struct RoundNews {
  const std::vector<ComparisonRow>& rows;
  std::uint32_t rounds = 0;  // finished, of all groups
  double spent_s = 0;
  double budget_s = 0;  // 0: none
  std::string running;  // the group whose round begins: "plaintext x16, 256 connections"
  bool ended = false;
};
using RoundObserver = std::function<void(const RoundNews&)>;

// `observer` may be empty: the terminal then gets the progress line and the closing table.
int run_rounds(const CampaignRequest& request, const Suite& suite, TrialRunner& runner,
               const RoundObserver& observer);

void print_rounds_plan(const CampaignRequest& request, const Suite& suite,
                       const TrialRunner& runner);

}  // namespace etude::harness
