// experiments/simulator/calibrate.h
//
// `etude calibrate` as a whole: short real runs of a suite, micro-benchmarks, and from both a file
// of costs. The runs and the benchmarks' answer stay in a results directory, as the evidence; with
// all of it there, calibrating again only fits again.
//
// Threads: one.
// Errors:  Error before anything is measured where it can be told then (no suite, no etude_bench,
//          no directory to write to), and when the runs do not say enough. The file of costs is
//          whole or as it was.

#pragma once

#include <string>

#include "experiments/harness/suite.h"

namespace etude::sim {

struct CalibrateRequest {
  std::string out;   // the file of costs
  std::string runs;  // the results directory
  bool quiet = false;
};

// `suite`: suites/calibrate.json, or one like it. As run_campaign(): 0; 1: a trial failed, and no
// costs are written; 130: interrupted.
int calibrate(const CalibrateRequest& request, const harness::Suite& suite);

}  // namespace etude::sim
