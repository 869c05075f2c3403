// experiments/cli/check_scheduler.h
//
// How the harness, which knows no scheduler by name, asks about one.
//
// Threads: any.
// Errors:  Error when there is no such scheduler or parameter.

#pragma once

#include <string>

#include "experiments/harness/cell.h"
#include "schedulers/registry.h"

namespace etude::cli {

// The parameters in effect, "order=fifo steal=half ...".
inline std::string check_scheduler(const harness::SchedulerChoice& choice) {
  return effective_parameters(find_scheduler(choice.name), choice.params);
}

}  // namespace etude::cli
