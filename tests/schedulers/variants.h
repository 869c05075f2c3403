// tests/schedulers/variants.h
//
// Every row of the registry: with defaults, with each parameter at each of its other choices or at
// the ends of its range, one at a time, and with all numbers at their smallest: what the
// conformance and stress tests run over. A new row is in it without a change here.

#pragma once

#include <cctype>
#include <cstdint>
#include <ostream>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "schedulers/registry.h"

namespace etude {

struct Variant {
  SchedulerEntry entry;
  Settings set;
  std::uint32_t threads_per_core = 1;
  std::string name;  // letters, digits and _ only, as GoogleTest wants it
};

inline std::ostream& operator<<(std::ostream& out, const Variant& variant) {
  return out << variant.name;
}

inline std::string as_test_name(std::string text) {
  for (char& letter : text) {
    if (std::isalnum(static_cast<unsigned char>(letter)) == 0) letter = '_';
  }
  return text;
}

inline std::vector<std::string> values_to_try(const Parameter& parameter) {
  std::vector<std::string> values;
  for (const std::string_view choice : parameter.choices) {
    if (!choice.empty() && choice != parameter.default_value) values.emplace_back(choice);
  }
  if (!values.empty()) return values;
  for (const std::uint64_t number : {parameter.min, parameter.max}) {
    if (std::to_string(number) != parameter.default_value) values.push_back(std::to_string(number));
  }
  return values;
}

inline bool builds(const SchedulerEntry& entry, const Settings& set) {
  try {
    (void)entry.make({.workers = 1, .tasks_max = 1, .set = set});
    return true;
  } catch (const Error&) {
    return false;  // two parameters that exclude each other
  }
}

inline std::vector<Variant> all_variants(std::span<const SchedulerEntry> table = all_schedulers()) {
  std::vector<Variant> variants;
  for (const SchedulerEntry& entry : table) {
    const std::string name(entry.name);
    variants.push_back({.entry = entry, .set = {}, .name = as_test_name(name)});
    for (const Parameter& parameter : entry.parameters) {
      for (const std::string& value : values_to_try(parameter)) {
        const Settings set{{std::string(parameter.name), value}};
        if (!builds(entry, set)) continue;
        const std::string full = name + "_" + std::string(parameter.name) + "_" + value;
        for (const std::uint32_t threads : {1U, 2U}) {
          if (threads == 2 && parameter.name != "domain") continue;
          variants.push_back({.entry = entry,
                              .set = set,
                              .threads_per_core = threads,
                              .name = as_test_name(full + (threads == 2 ? "_pairs" : ""))});
        }
      }
    }
    Settings smallest;
    for (const Parameter& parameter : entry.parameters) {
      if (!parameter.choices[0].empty()) continue;
      smallest[std::string(parameter.name)] = std::to_string(parameter.min);
    }
    if (smallest.empty()) continue;
    variants.push_back(
        {.entry = entry, .set = smallest, .name = as_test_name(name + "_numbers_smallest")});
  }
  return variants;
}

}  // namespace etude
