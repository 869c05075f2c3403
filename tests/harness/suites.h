// tests/harness/suites.h
//
// A small suite for the harness's tests, and a scheduler check that knows two made-up names.

#pragma once

#include <string>

#include "core/failure.h"
#include "experiments/harness/suite.h"

namespace etude::harness {

inline const SchedulerCheck kKnowsRoundAndSquare = [](const SchedulerChoice& choice) {
  if (choice.name != "round" && choice.name != "square") {
    throw Error("scheduler", "unknown name '" + choice.name + "'", "there are round and square");
  }
  std::string text;
  for (const auto& [key, value] : choice.params) {
    text += (text.empty() ? "" : " ") + key + "=" + value;
  }
  return text;
};

inline Json small_suite() {
  return Json::parse(R"({
    "blocks": 3, "warmup_s": 0.1, "duration_s": 1,
    "workloads": {"plaintext": {"path": "/plaintext"}, "json": {"path": "/json"}},
    "factors": {"scheduler": ["round", "square:side=4"], "connections": [256, 1024],
                "workload": ["plaintext", "json"]}
  })");
}

inline Suite parse_small(const Json& document) {
  return parse_suite(document, "small.json", {}, kKnowsRoundAndSquare);
}

}  // namespace etude::harness
