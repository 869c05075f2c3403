// experiments/simulator/build_model.h
//
// From a planned trial to the Model of it: what a suite's cell, its workload and its model say
// together.
//
// Threads: any; values.
// Errors:  Error, naming a path that no model answers. Whatever a suite can hold is tried when its
//          plan is made, so that no trial fails by it.

#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "experiments/harness/plan.h"
#include "experiments/simulator/model.h"
#include "experiments/simulator/simulated_suite.h"

namespace etude::sim {

// Handed in by the program's main, so that no scheduler is known here by name.
using SchedulerMaker =
    std::function<std::unique_ptr<Scheduler>(const std::string& name, const SchedulerConfig&)>;

struct BuiltModel {
  Model model;
  std::vector<std::string> reasons;  // what a reader of the trial should know
};

// Requires: the cell's subject is etude, and it has its rate if it is an open loop.
BuiltModel build_model(const SimulatedSuite& suite, const harness::PlannedTrial& planned,
                       int attempt, const SchedulerMaker& make_scheduler);

// True: a closed loop of requests that cost nothing, in which virtual time stands still.
bool takes_no_time(const Model& model);

// Of a request, over all routes: the CPU of its service and its forks' as they are drawn.
double drawn_service_ns(const Model& model);
// The share of the cores that an open loop's services ask for; 0: closed.
double offered_load(const Model& model);

// What a trial will come to, from its arrivals: those that nobody serves count as well, until so
// many wait that it ends.
struct ExpectedSize {
  double requests = 0;
  double bytes = 0;
};
ExpectedSize expected_size(const Model& model);

// How many requests the trial will answer, warm-up included, as far as service and costs tell.
double expected_requests(const Model& model);

}  // namespace etude::sim
