// experiments/harness/round_plan.h
//
// Which groups a run by rounds has, what it runs beside them, and what a round takes.
//
// Threads: any; values.
// Errors:  Error when a pick or a shard fits no comparison.

#pragma once

#include <string>
#include <vector>

#include "experiments/harness/campaign.h"
#include "experiments/harness/group.h"

namespace etude::harness {

// Those that --only and --shard pick. What this machine lacks for one stands in its `needs`.
std::vector<Group> selected_groups(const CampaignRequest& request, const Suite& suite,
                                   const TrialRunner& runner);

// The capacities that the groups' rates are shares of, as trials to run first.
std::vector<PlannedTrial> capacity_trials(const Suite& suite, const std::vector<Group>& groups);

// "plaintext x16, 256 connections, duet: fifo, work-stealing"
std::string describe_group(const Group& group);

double round_expected_s(const TrialRunner& runner, const Group& group);

}  // namespace etude::harness
