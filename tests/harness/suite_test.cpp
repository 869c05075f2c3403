#include "experiments/harness/suite.h"

#include <gtest/gtest.h>

#include <fstream>
#include <functional>
#include <set>
#include <utility>

#include "core/runtime/worker.h"
#include "tests/harness/suites.h"

namespace etude::harness {
namespace {

// A slip of the pen, and what the complaint must name: field, value, what is allowed.
struct Slip {
  const char* name;
  std::function<void(Json&)> make;
  std::vector<const char*> named;
};

const std::vector<Slip> kSlips = {
    {"OutOfRange",
     [](Json& s) {
       s["factors"]["connections"] = {256, 512, 1024, 2'000'000};
     },
     {"small.json: factors.connections[3]", "2000000 is above 1048576", "from 1 to 1048576"}},
    {"WrongType",
     [](Json& s) {
       s["factors"]["connections"] = {256, "many"};
     },
     {"factors.connections[1]", "\"many\" is no whole number"}},
    {"Fraction", [](Json& s) { s["blocks"] = 2.5; }, {"small.json: blocks", "2.5"}},
    {"Negative", [](Json& s) { s["warmup_s"] = -1; }, {"warmup_s", "-1 is below 0"}},
    {"MissingKey", [](Json& s) { s.erase("duration_s"); }, {"\"duration_s\" is missing"}},
    {"UnknownTopKey",
     [](Json& s) { s["block"] = 3; },
     {"small.json: block", "unknown key", "did you mean \"blocks\"?"}},
    {"UnknownFactor",
     [](Json& s) { s["factors"]["conections"] = 1; },
     {"factors.conections", "did you mean \"connections\"?"}},
    {"UnknownKeyInAPoint",
     [](Json& s) {
       s["points"] = {{{"pipeline", 1}}, {{"pipelining", 16}}};
     },
     {"points[1].pipelining", "did you mean \"pipeline\"?"}},
    {"UnknownScheduler",
     [](Json& s) {
       s["factors"]["scheduler"] = {"round", "oblong"};
     },
     {"factors.scheduler[1]", "oblong", "round and square"}},
    {"TornParameters",
     [](Json& s) { s["factors"]["scheduler"] = "square:side"; },
     {"factors.scheduler", "\"side\"", "key=value"}},
    {"UnknownWorkload",
     [](Json& s) { s["factors"]["workload"] = "plain"; },
     {"factors.workload", "\"plain\" is unknown", "json, plaintext"}},
    {"UnknownChoice",
     [](Json& s) { s["factors"]["mode"] = "batches"; },
     {"factors.mode", "did you mean \"batch\"?", "batch, window"}},
    {"EmptyLevels",
     [](Json& s) { s["factors"]["pipeline"] = Json::array(); },
     {"factors.pipeline", "empty list"}},
    {"RateMissing",
     [](Json& s) { s["factors"]["arrival"] = "poisson"; },
     {"arrival \"poisson\" has no rate", "rate_rps"}},
    {"TwoRates",
     [](Json& s) {
       s["factors"]["arrival"] = "poisson";
       s["factors"]["rate_rps"] = 100;
       s["factors"]["rate_share"] = 0.5;
     },
     {"both \"rate_rps\" and \"rate_share\"", "keep one"}},
    {"ShareAsPercentage",
     [](Json& s) {
       s["factors"]["rate_share"] = {0.5, 80};
     },
     {"factors.rate_share[1]", "80 is above 2"}},
    {"UnknownWakePolicy",
     [](Json& s) { s["factors"]["wake_policy"] = "egaer"; },
     {"factors.wake_policy", "did you mean \"eager\"?"}},
    {"PathAndMix",
     [](Json& s) {
       s["workloads"]["json"]["mix"] = {{{"path", "/a"}, {"weight", 1}}};
     },
     {"workloads.json", "both \"path\" and \"mix\""}},
    {"MixWithoutWeight",
     [](Json& s) {
       s["workloads"]["json"] = {{"mix", {{{"path", "/a"}}}}};
     },
     {"workloads.json.mix[0]", "\"weight\" is missing"}},
    {"BodyOfAMix",
     [](Json& s) {
       s["workloads"]["json"] = {{"mix", {{{"path", "/a"}, {"weight", 1}}}}, {"expect_body", "a"}};
     },
     {"workloads.json.expect_body", "every path of a mix"}},
    {"BesideWithoutConnections",
     [](Json& s) {
       s["workloads"]["json"]["beside"] = {{"path", "/a"}};
     },
     {"workloads.json.beside", "\"connections\" is missing"}},
    {"TwoCapacities",
     [](Json& s) {
       s["workloads"]["json"]["capacity_rps"] = 9;
       s["workloads"]["json"]["capacity_connections"] = 256;
     },
     {"workloads.json.capacity_connections", "capacity_rps", "keep one"}},
    {"BoundOnP99OfNothing",
     [](Json& s) { s["workloads"]["json"]["p99_bound_us"] = 0; },
     {"workloads.json.p99_bound_us", "0 is"}},
    {"PathWithoutSlash",
     [](Json& s) { s["workloads"]["json"]["path"] = "json"; },
     {"workloads.json.path", "begin with /"}},
    {"AaOfAnotherScheduler",
     [](Json& s) { s["aa"] = "squares"; },
     {"small.json: aa", "\"squares\" is no scheduler of this suite"}},
    {"ThinkingInAnOpenLoop",
     [](Json& s) {
       s["workloads"]["json"]["think_ms"] = 5;
       s["factors"]["arrival"] = "poisson";
       s["factors"]["rate_rps"] = 100;
     },
     {"workload \"json\" has think_ms", "drop arrival"}},
    {"SubjectWithoutReady",
     [](Json& s) {
       s["factors"]["subject"] = {{{"name", "x"}, {"command", {"x"}}}};
     },
     {"factors.subject[0]", "\"ready\" is missing"}},
    {"NoObject", [](Json& s) { s["factors"] = 3; }, {"small.json: factors", "3 is no object"}},
};

class SuiteComplaints : public testing::TestWithParam<Slip> {};

TEST_P(SuiteComplaints, NameFileFieldValueAndRemedy) {
  Json document = small_suite();
  GetParam().make(document);
  try {
    parse_small(document);
    FAIL() << "accepted " << document.dump();
  } catch (const Error& complaint) {
    const std::string text = complaint.what();
    EXPECT_EQ(text.find("small.json"), 0U) << text;
    EXPECT_NE(text.find("; "), std::string::npos) << "no remedy in: " << text;
    for (const char* named : GetParam().named) {
      EXPECT_NE(text.find(named), std::string::npos) << "no \"" << named << "\" in: " << text;
    }
  }
}
INSTANTIATE_TEST_SUITE_P(All, SuiteComplaints, testing::ValuesIn(kSlips),
                         [](const auto& slip) { return std::string(slip.param.name); });

std::string complaint_about(const std::string& text) {
  const std::string path = testing::TempDir() + "/etude_suite_test.json";
  std::ofstream(path) << text;
  try {
    read_json_file(path);
  } catch (const Error& complaint) {
    return complaint.what();
  }
  return "";
}

TEST(SuiteFile, TellsLineAndColumnOfBrokenJson) {
  const std::string complaint = complaint_about("{\n  \"blocks\": 3,\n  oops\n}\n");
  EXPECT_NE(complaint.find("line 3, column 3"), std::string::npos) << complaint;
}

TEST(SuiteFile, RefusesAKeyThatStandsTwice) {
  const std::string complaint = complaint_about(R"({"a": {"b": 1, "c": 2, "b": 3}})");
  EXPECT_NE(complaint.find("\"b\" stands twice"), std::string::npos) << complaint;
}

TEST(Suite, CrossesEveryLevelWithEveryOther) {
  EXPECT_EQ(parse_small(small_suite()).cells.size(), 2U * 2U * 2U);
}

TEST(Suite, PointsReplaceFactorsAndAddUp) {
  Json document = small_suite();
  document["points"] = {{{"workload", "json"}}, {{"workload", "plaintext"}, {"pipeline", {4, 16}}}};
  const Suite suite = parse_small(document);
  EXPECT_EQ(suite.cells.size(), 2U * 2U * (1U + 2U));
}

TEST(Suite, ACeilingHasNoSchedulerAndSoOneCellForAll) {
  Json document = small_suite();
  document["factors"]["subject"] = {"etude", "ceiling"};
  const Suite suite = parse_small(document);
  EXPECT_EQ(suite.cells.size(), 8U + 4U);
  for (const Cell& cell : suite.cells) {
    EXPECT_EQ(cell.scheduler.name.empty(), cell.subject.kind == SubjectKind::ceiling);
  }
}

TEST(Suite, AnAaPairIsOneSchedulerTwiceUnderTwoLabels) {
  Json document = small_suite();
  document["aa"] = "square:side=4";
  const Suite suite = parse_small(document);
  ASSERT_EQ(suite.cells.size(), 8U + 4U);
  std::multiset<std::string> labels;
  for (const Cell& cell : suite.cells) {
    EXPECT_EQ(cell.label.empty(), cell.scheduler.name == "round");
    labels.insert(cell.label);
  }
  EXPECT_EQ(labels.count("A"), 4U);
  EXPECT_EQ(labels.count("B"), 4U);
}

TEST(Suite, ReadsASchedulerFromTextAndFromAnObjectAlike) {
  Json document = small_suite();
  document["factors"]["scheduler"] = {
      "square:side=4,edge=round", {{"name", "square"}, {"set", {{"edge", "round"}, {"side", 4}}}}};
  const Suite suite = parse_small(document);
  EXPECT_EQ(suite.cells.size(), 4U) << "the two spellings are one cell";
  EXPECT_EQ(suite.cells.front().scheduler.effective_params, "edge=round side=4");
}

// What a suite does not name must be what etude serve does on its own.
TEST(Suite, TheDriversDefaultsAreThoseOfTheServer) {
  const DriverChoice said;
  const WorkerConfig done;
  EXPECT_EQ(said.poll_every, done.poll_every);
  EXPECT_EQ(said.search_rounds, done.search_rounds);
  EXPECT_EQ(said.wake_policy == "throttled", done.wake_policy == WakePolicy::throttled);
  EXPECT_EQ(said.io_claim == "on", done.io_claim == IoClaim::on);
  EXPECT_EQ(said.claim_after_us * kMicrosecond, done.claim_after_ns);
}

TEST(Suite, TellsApartCellsThatDifferInTheDriverAlone) {
  Json document = small_suite();
  document["factors"]["io_claim"] = {"off", "on"};
  document["factors"]["poll_every"] = {16, 128};
  const Suite suite = parse_small(document);
  EXPECT_EQ(suite.cells.size(), 8U * 4U);
  std::set<std::string> texts;
  for (const Cell& cell : suite.cells) texts.insert(driver_text(cell));
  EXPECT_EQ(texts, (std::set<std::string>{
                       "poll_every=16 search_rounds=4 wake_policy=throttled io_claim=off",
                       "poll_every=128 search_rounds=4 wake_policy=throttled io_claim=off",
                       "poll_every=16 search_rounds=4 wake_policy=throttled io_claim=on "
                       "claim_after_us=1000",
                       "poll_every=128 search_rounds=4 wake_policy=throttled io_claim=on "
                       "claim_after_us=1000"}));
}

TEST(Suite, WhatCannotMatterMakesNoCell) {
  Json document = small_suite();
  document["factors"]["claim_after_us"] = {100, 1'000};
  EXPECT_EQ(parse_small(document).cells.size(), 8U) << "nobody claims";
  document["factors"]["subject"] = "ceiling";
  document["factors"]["io_claim"] = {"off", "on"};
  const Suite ceilings = parse_small(document);
  EXPECT_EQ(ceilings.cells.size(), 4U);
  EXPECT_EQ(driver_text(ceilings.cells.front()), "");
}

TEST(Suite, WorkloadsThatDifferBesideThePathAreDifferentCells) {
  Json document = small_suite();
  const std::string alone = cell_json(parse_small(document).cells.front()).dump();
  document["workloads"]["plaintext"]["beside"] = {{"path", "/spin?us=9"}, {"connections", 3}};
  const Cell accompanied = parse_small(document).cells.front();
  EXPECT_NE(cell_json(accompanied).dump(), alone);
  EXPECT_EQ(workload_text(accompanied.workload), "/plaintext beside 3 x /spin?us=9");
  document["workloads"]["plaintext"] = {
      {"mix", {{{"path", "/a"}, {"weight", 99.5}}, {{"path", "/b"}, {"weight", 0.5}}}}};
  const Cell mixed = parse_small(document).cells.front();
  EXPECT_NE(cell_json(mixed).dump(), cell_json(accompanied).dump());
  EXPECT_EQ(workload_text(mixed.workload), "mix 99.5:/a 0.5:/b");
  document["workloads"]["plaintext"] = {{"path", "/plaintext"}, {"think_ms", 20}};
  const Cell thinking = parse_small(document).cells.front();
  EXPECT_NE(cell_json(thinking).dump(), alone);
  EXPECT_EQ(workload_text(thinking.workload), "/plaintext think 20 ms");
}

// One file serves machines of any size, and what was run is a number.
TEST(Suite, HalfIsHalfOfTheCoresAtHandAndOneAtLeast) {
  Json document = small_suite();
  document["load_threads"] = "half";
  document["factors"]["cores"] = "half";
  document["points"] = {{{"cores", {1, "half"}}}, {{"pipeline", 4}}};
  for (const auto& [usable, half] : {std::pair{1U, 1U}, {2U, 1U}, {7U, 3U}, {16U, 8U}}) {
    const Suite suite = parse_small(with_halves(document, usable));
    EXPECT_EQ(suite.load_threads, half) << usable;
    EXPECT_EQ(suite.as_run["factors"]["cores"], half) << usable;
    EXPECT_EQ(suite.as_run["points"][0]["cores"], (Json{1, half})) << usable;
    EXPECT_EQ(suite.cells.back().cores, half) << usable;
  }
  document["factors"]["scheduler"] = "half";
  EXPECT_EQ(with_halves(document, 4)["factors"]["scheduler"], "half") << "no number of cores";
}

TEST(Suite, AsRunHoldsTheSeedAndBlocksInForce) {
  const Suite suite =
      parse_suite(small_suite(), "small.json", {.seed = 9, .blocks = 7}, kKnowsRoundAndSquare);
  EXPECT_EQ(suite.as_run["seed"], 9);
  EXPECT_EQ(suite.as_run["blocks"], 7);
}

}  // namespace
}  // namespace etude::harness
