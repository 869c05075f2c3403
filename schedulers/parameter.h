// schedulers/parameter.h
//
// What a user may set on a policy with `--set key=value`: each policy lists its parameters in a
// table, and reads them from its config here.
//
// Threads: set-up only.
// Errors:  the readers stop the process for a name that is not in the table: the registry has
//          checked names and values before (schedulers/registry.h).

#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "core/scheduler.h"

namespace etude {

// Either a choice among words, or a whole number in [min, max].
struct Parameter {
  std::string_view name;
  std::string_view help;
  std::string_view default_value;
  std::array<std::string_view, 4> choices = {};  // none: a number
  std::uint64_t min = 0;
  std::uint64_t max = 0;
};

// The user's value, or the default.
std::string_view setting(const SchedulerConfig& config, std::span<const Parameter> parameters,
                         std::string_view name);

// The same of a number.
std::uint32_t number_setting(const SchedulerConfig& config, std::span<const Parameter> parameters,
                             std::string_view name);

}  // namespace etude
