// tests/simulator/simulated_suites.h
//
// A small suite to be simulated, written to a directory of the test's own with two files of costs
// beside it.

#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "core/failure.h"
#include "experiments/simulator/simulated_suite.h"
#include "tests/harness/suites.h"

namespace etude::sim {

using harness::Json;

inline Json small_suite() {
  return Json::parse(R"({
    "blocks": 1, "warmup_s": 0.1, "duration_s": 1,
    "workloads": {"plaintext": {"path": "/plaintext"}, "work": {"path": "/spin?us=5"}},
    "factors": {"scheduler": "round", "connections": 4, "cores": 2, "workload": "work"}
  })");
}

class Suites : public testing::Test {
 protected:
  Suites() : directory_(std::filesystem::path(testing::TempDir()) / "simulated_suites") {
    std::filesystem::remove_all(directory_);
    std::filesystem::create_directories(directory_ / "costs");
    put("costs/zero.json", R"({"about": "", "costs": {}})");
    put("costs/dear.json",
        R"({"about": "", "costs": {"steal_success_ns": {"value": 100, "source": "a test"},
                                   "request_ns": {"value": 50, "source": "a test"}},
            "path_ns": {"/json": {"value": 600, "source": "a test"}},
            "visit_growth": {"points": [[1, 1], [64, 2.5]], "source": "a test"}})");
  }
  ~Suites() override { std::filesystem::remove_all(directory_); }

  void put(const std::string& name, const std::string& text) const {
    std::ofstream(directory_ / name) << text;
  }

  SimulatedSuite read(const Json& document, std::optional<std::uint32_t> cores = {},
                      const std::string& costs = {}) const {
    put("small.json", document.dump());
    return read_simulated_suite({.path = (directory_ / "small.json").string(),
                                 .overrides = {},
                                 .cores = cores,
                                 .costs = costs,
                                 .costs_directory = (directory_ / "costs").string(),
                                 .check_scheduler = harness::kKnowsRoundAndSquare});
  }

  std::string complaint(const Json& document) const {
    try {
      read(document);
    } catch (const Error& refusal) {
      return refusal.what();
    }
    return "none";
  }

  const std::filesystem::path directory_;
};

}  // namespace etude::sim
