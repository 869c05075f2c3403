// experiments/simulator/model_options.h
//
// A model of a suite's "models", as its file writes it: what only a simulated machine has to be
// told. The keys are listed in this room's README.md.
//
//     "free-steals": {"costs": {"base": "nsdi22", "steal_success_ns": 0}, "client": "ideal"}
//
// Threads: any; values.
// Errors:  Error that names file, field, value, what is allowed and the remedy.

#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "experiments/harness/checked_json.h"
#include "experiments/simulator/model.h"

namespace etude::sim {

struct ModelOptions {
  Costs costs;
  std::string costs_note;  // for the reasons of its trials; "": none
  Delivery delivery = Delivery::reactor;
  std::optional<Assignment> assignment;  // absent: as the cell's acceptor says
  bool ideal_client = false;
  std::uint32_t numa_nodes = 1;
  std::uint64_t requests_max = 0;
};

// What a model is read with.
struct ModelPlaces {
  std::string costs_directory;  // where costs lie that are named without a path
  std::string suite_directory;  // where a relative path begins
  Costs default_costs;          // of a model that names none
  std::string default_note;
};

ModelOptions read_model(const harness::Field& field, const std::string& name,
                        const ModelPlaces& places);

// The same with every cost as a number, so that what was simulated can be read, and run again,
// whatever becomes of the files of costs.
harness::Json resolved_json(const ModelOptions& options);

}  // namespace etude::sim
