// experiments/harness/trial.h
//
// Runs one trial, or one round of several: fresh servers pinned to their cores, a client each
// pinned to others, and the harness asleep in poll() between their messages. Reads the servers at
// both ends of the measured time, ends everything it started, and returns one record per side,
// whatever happened.
//
// Threads:   one.
// Ownership: no process started here outlives the call.
// Ordering:  in a duet all clients connect, wait at a barrier and measure over the same monotonic
//            interval; all servers are read at both of its ends, one right behind the other.
//            Interleaved, they do so as well, and each sends in its turns alone.
// Limits:    every wait is bounded by TrialBounds.
// Errors:    a server or client that fails is a record with status failed and the reason; the other
//            sides of a round go on.

#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/types.h"
#include "experiments/harness/interrupts.h"
#include "experiments/harness/outcome.h"
#include "experiments/harness/subject.h"
#include "experiments/harness/trial_runner.h"

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

// All sides of one duet or interleaved round at the same time; one record each, in their order.
std::optional<std::vector<TrialRecord>> run_together(const TrialContext& context,
                                                     std::span<const PlannedTrial> sides,
                                                     Design design, int attempt);

}  // namespace etude::harness
