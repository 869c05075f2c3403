// Goal: what a suite says for models alone changes nothing of what is measured.
// Method: the same document read both ways.

#include <gtest/gtest.h>

#include <string>

#include "experiments/harness/capacity.h"
#include "experiments/harness/plan.h"
#include "tests/harness/suites.h"

namespace etude::harness {
namespace {

Json with_models() {
  Json document = small_suite();
  document["models"] = {{"free", Json::object()}, {"dear", Json::object()}};
  document["factors"]["model"] = {"free", "dear"};
  return document;
}

Suite read(const Json& document, SuiteUse use) {
  return parse_suite(document, "small.json", {.use = use, .seed = {}, .blocks = {}},
                     kKnowsRoundAndSquare);
}

std::string complaint(const Json& document, SuiteUse use) {
  try {
    read(document, use);
  } catch (const Error& refusal) {
    return refusal.what();
  }
  return "none";
}

TEST(Models, AreCrossedWhereTheyAreSimulatedAndIgnoredWhereNot) {
  const Suite plain = read(small_suite(), SuiteUse::measured);
  const Suite measured = read(with_models(), SuiteUse::measured);
  const Suite simulated = read(with_models(), SuiteUse::simulated);
  EXPECT_EQ(measured.cells.size(), plain.cells.size());
  EXPECT_EQ(simulated.cells.size(), 2 * plain.cells.size());
  for (std::size_t i = 0; i < plain.cells.size(); ++i) {
    EXPECT_EQ(cell_json(measured.cells[i]), cell_json(plain.cells[i]));
  }
  EXPECT_EQ(make_plan(measured).trials[0].cell_id, make_plan(plain).trials[0].cell_id);
  EXPECT_EQ(simulated.cells[0].model, "free");
  EXPECT_EQ(simulated.cells[1].model, "dear");
}

TEST(Models, HaveNamesOfTheSuite) {
  Json document = with_models();
  document["factors"]["model"] = "fre";
  for (const SuiteUse use : {SuiteUse::measured, SuiteUse::simulated}) {
    EXPECT_NE(complaint(document, use).find("\"free\""), std::string::npos);
  }
  document["models"] = Json::array();
  EXPECT_NE(complaint(document, SuiteUse::measured).find("small.json: models"), std::string::npos);
}

TEST(Models, HaveACapacityEach) {
  Json document = with_models();
  document["factors"]["arrival"] = "poisson";
  document["factors"]["rate_share"] = 0.5;
  document["factors"]["scheduler"] = "round";
  const auto capacities = [&](SuiteUse use) {
    const Suite suite = read(document, use);
    Plan plan = make_plan(suite);
    const std::size_t before = plan.trials.size();
    put_capacities_first(suite, plan);
    return plan.trials.size() - before;
  };
  EXPECT_EQ(capacities(SuiteUse::simulated), 2 * capacities(SuiteUse::measured));
}

TEST(Models, AloneCanAnswerAWorkloadWithoutAPath) {
  Json document = small_suite();
  document["workloads"]["json"] = Json::parse(R"({"simulated": {"service": "exp:5"}})");
  EXPECT_EQ(complaint(document, SuiteUse::simulated), "none");
  EXPECT_NE(complaint(document, SuiteUse::measured).find("\"json\" has no path"),
            std::string::npos);
  document["factors"]["workload"] = "plaintext";
  EXPECT_EQ(complaint(document, SuiteUse::measured), "none") << "no cell asks for it";
  document["workloads"]["json"] = Json::object();
  EXPECT_NE(complaint(document, SuiteUse::simulated).find("path"), std::string::npos);
}

}  // namespace
}  // namespace etude::harness
