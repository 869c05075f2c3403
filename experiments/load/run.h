// experiments/load/run.h
//
// One load from beginning to end: starts the client threads, lets them begin together once all are
// connected, says when the measured time begins and ends, and adds up what they saw.
//
// Threads: the caller's, which sleeps meanwhile, and options.threads more, joined on return.
// Limits:  needs one file descriptor per connection; raises the soft limit to the hard one.
// Errors:  Error for what cannot be set up; a server that nobody could connect to is
//          LoadResult::failure.

#pragma once

#include <functional>
#include <memory>
#include <string_view>

#include "core/types.h"
#include "experiments/load/options.h"
#include "experiments/load/result.h"

namespace etude::load {

// Told, in this order, and as they happen: "connected" (all threads are), "warm" (traffic
// begins), "measure" and "measured" (the measured time begins, ends), "done" (drained).
using PhaseListener = std::function<void(std::string_view phase)>;

// Asked once all are connected: when the traffic is to begin, on the monotonic clock.
using StartTime = std::function<Nanos()>;

// `start_time` may be empty: at once.
std::unique_ptr<LoadResult> run_load(const LoadOptions& options, const PhaseListener& on_phase,
                                     const StartTime& start_time = {});

}  // namespace etude::load
