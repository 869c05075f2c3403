// experiments/harness/trial.h
//
// Runs one trial: a fresh server pinned to its cores, a client pinned to others, and the harness
// asleep in poll() between their messages. Reads the server at both ends of the measured time, ends
// everything it started, and returns one record, whatever happened.
//
// Threads:   one.
// Ownership: no process started here outlives run_trial().
// Limits:    every wait is bounded by TrialBounds.
// Errors:    a server or client that fails is a record with status failed and the reason.

#pragma once

#include <optional>
#include <string>

#include "core/types.h"
#include "experiments/harness/interrupts.h"
#include "experiments/harness/outcome.h"
#include "experiments/harness/subject.h"

namespace etude::harness {

// Chosen by hand: long enough for a loaded machine, short enough to notice a hang.
struct TrialBounds {
  Nanos ready_ns = 20 * kSecond;
  Nanos beyond_measuring_ns = 90 * kSecond;  // connecting and draining 16,384 connections
  Nanos stop_ns = 10 * kSecond;
};

struct TrialContext {
  const Suite& suite;
  const RunIdentity& identity;
  const Tools& tools;
  const Machine& machine;
  Interrupts& interrupts;
  TrialBounds bounds;
};

// Nothing when the user abandoned it (a second Ctrl-C): then there is no record.
std::optional<TrialRecord> run_trial(const TrialContext& context, const PlannedTrial& planned,
                                     int attempt);

}  // namespace etude::harness
