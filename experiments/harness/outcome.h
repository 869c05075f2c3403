// experiments/harness/outcome.h
//
// From what a trial left behind to its record: the client's JSON, two readings of the server and
// of the machine, two answers of /stats, a file of histograms. Pure functions; what is not there
// stays empty.
//
// Threads: any.
// Errors:  fill_from_load() says what is wrong with a result that is none.

#pragma once

#include <optional>
#include <string>

#include "experiments/harness/checked_json.h"
#include "experiments/harness/machine.h"
#include "experiments/harness/plan.h"
#include "experiments/harness/record.h"
#include "experiments/harness/sample.h"

namespace etude::harness {

// Which run, plan and machine a trial belongs to.
struct RunIdentity {
  std::string run_id;
  std::string git_rev;
  std::string env_id;
  std::string node;
};

// All that is known before the trial starts.
TrialRecord planned_record(const RunIdentity& identity, const Suite& suite,
                           const PlannedTrial& planned, const std::optional<CorePair>& cores,
                           int attempt);

void set_failed(TrialRecord& record, const std::string& reason);
void add_reason(TrialRecord& record, const std::string& reason);

// Both ends of the measured time.
struct Reading {
  std::optional<ServerSample> server;
  MachineSample machine;
};

std::optional<std::string> fill_from_load(const std::string& json_text, TrialRecord& record);
// `beside_cpu_s`: what the round's other sides used meanwhile; nothing when the trial was solo.
void fill_from_readings(const Reading& start, const Reading& end,
                        std::optional<double> beside_cpu_s, TrialRecord& record);
void fill_from_memory(const MemorySample& empty, const MemorySample& idle,
                      std::uint32_t connections, TrialRecord& record);
void fill_from_stats(const std::string& start, const std::string& end, TrialRecord& record);
void fill_from_histograms(const std::string& csv_text, TrialRecord& record);

}  // namespace etude::harness
