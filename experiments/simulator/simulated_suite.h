// experiments/simulator/simulated_suite.h
//
// A suite file read to be simulated: the same that `etude run` reads, with its models. Nothing of
// this machine limits it; what a model cannot be is refused before anything is written.
//
// The suite as run, which becomes suite.json, holds each model with every cost as a number. So
// results of other costs are results of another suite, and are never mixed.
//
// Threads: one.
// Errors:  Error that names file, field, value, what is allowed and the remedy.

#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "experiments/harness/suite.h"
#include "experiments/simulator/model_options.h"
#include "experiments/simulator/simulated_work.h"

namespace etude::sim {

struct SuiteRequest {
  std::string path;
  std::optional<harness::Json> document = {};  // in place of the file, whose path complaints name
  harness::SuiteOverrides overrides;
  std::optional<std::uint32_t> cores;  // of the server, in place of the suite's
  std::string costs;                   // in place of the default ones; "": those of this machine
  std::string costs_directory;         // where costs lie that are named without a path
  harness::SchedulerCheck check_scheduler;
};

struct SimulatedSuite {
  std::string file;  // for complaints
  harness::Suite suite;
  std::map<std::string, ModelOptions> models;
  std::map<std::string, SimulatedWork> work;  // of the workloads that have "simulated"
};

SimulatedSuite read_simulated_suite(const SuiteRequest& request);

// The costs that came with this program: ../experiments/simulator/costs from the directory of its
// binary, else beside the suites.
std::string find_costs_directory(const std::string& bin, const std::string& suite_path);

}  // namespace etude::sim
