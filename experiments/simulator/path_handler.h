// experiments/simulator/path_handler.h
//
// What a path of `etude serve` makes a virtual worker do: /spin, /sleep, /block and /fanout by
// their query, numbers in braces (experiments/load/path_template.h) being drawn for each request;
// any other path by its entry in Costs::path_ns.
//
// Threads: any.
// Limits:  what {round:..} rounds is not rounded: lengths are exact to the nanosecond.
// Errors:  Error, naming the path, for a query that etude serve would answer with 400, or whose
//          braces stand where a model cannot draw.

#pragma once

#include <string>

#include "experiments/simulator/model.h"

namespace etude::sim {

struct PathHandler {
  Handler handler;
  bool has_cost = true;  // false: it is computed from no parameter and Costs does not list it
};

PathHandler handler_of_path(const std::string& path, const Costs& costs);

}  // namespace etude::sim
