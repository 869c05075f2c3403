// Goal: a suite file read to be simulated says what its models and workloads come to, and whatever
// no model can be is refused with file and field.
// Method: suites in a directory of the test's own; schedulers are made-up names.

#include "experiments/simulator/simulated_suite.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/simulator/simulated_suites.h"

namespace etude::sim {
namespace {

class SimulatedSuiteFile : public Suites {};

TEST_F(SimulatedSuiteFile, WithoutModelsThereIsOneNamedAfterItsCosts) {
  const SimulatedSuite free = read(small_suite());
  ASSERT_EQ(free.suite.cells.size(), 1U);
  EXPECT_EQ(free.suite.cells[0].model, "zero");
  EXPECT_NE(free.models.at("zero").costs_note.find("etude calibrate"), std::string::npos);

  const SimulatedSuite dear = read(small_suite(), {}, "dear");
  EXPECT_EQ(dear.suite.cells[0].model, "dear");
  EXPECT_EQ(dear.models.at("dear").costs.steal_success_ns, 100);
  EXPECT_EQ(dear.models.at("dear").costs_note, "");
}

TEST_F(SimulatedSuiteFile, CostsOfThisMachineAreTheDefaultWhereTheyAre) {
  put("costs/this-machine.json",
      R"({"about": "", "costs": {"poll_ns": {"value": 7, "source": "a test"}}})");
  const SimulatedSuite suite = read(small_suite());
  EXPECT_EQ(suite.models.at("this-machine").costs.poll_ns, 7);
  EXPECT_EQ(suite.models.at("this-machine").costs_note, "");
}

TEST_F(SimulatedSuiteFile, ModelsAreCrossedLikeAnyFactor) {
  Json document = small_suite();
  document["models"] = {{"free", {{"costs", "zero"}}}, {"dear", {{"costs", "dear"}}}};
  EXPECT_EQ(read(document).suite.cells.size(), 1U);
  EXPECT_EQ(read(document).suite.cells[0].model, "free") << "the first, where no factor says";
  document["factors"]["model"] = {"dear", "free"};
  const SimulatedSuite suite = read(document);
  ASSERT_EQ(suite.suite.cells.size(), 2U);
  EXPECT_EQ(suite.suite.cells[0].model, "dear");
  document["factors"]["model"] = "cheap";
  EXPECT_NE(complaint(document).find("factors.model"), std::string::npos);
}

TEST_F(SimulatedSuiteFile, AModelSaysWhatItsKeysSay) {
  Json document = small_suite();
  document["models"]["own"] = Json::parse(
      R"({"costs": {"base": "dear", "steal_success_ns": 0, "poll_ns": 3, "path_ns": {"/a": 9}},
          "delivery": "direct", "assignment": "skewed", "skew": 0.75, "client": "ideal",
          "numa_nodes": 2, "requests_max": 1000})");
  const ModelOptions model = read(document).models.at("own");
  EXPECT_EQ(model.costs.name, "own");
  EXPECT_EQ(model.costs.steal_success_ns, 0);
  EXPECT_EQ(model.costs.request_ns, 50);
  EXPECT_EQ(model.costs.poll_ns, 3);
  EXPECT_EQ(model.costs.path_ns.at("/json"), 600);
  EXPECT_EQ(model.costs.path_ns.at("/a"), 9);
  EXPECT_EQ(model.delivery, Delivery::direct);
  ASSERT_TRUE(model.assignment);
  EXPECT_EQ(model.assignment->kind, Assignment::Kind::skewed);
  EXPECT_EQ(model.assignment->skew, 0.75);
  EXPECT_TRUE(model.ideal_client);
  EXPECT_EQ(model.numa_nodes, 2U);
  EXPECT_EQ(model.requests_max, 1'000U);
}

TEST_F(SimulatedSuiteFile, TheSuiteAsRunHoldsEveryCostAndReadsTheSame) {
  Json document = small_suite();
  document["models"]["own"] =
      Json::parse(R"({"costs": {"base": "dear", "poll_ns": 0.1}, "assignment": "each_request"})");
  const Json as_run = read(document).suite.as_run;
  const Json& costs = as_run["models"]["own"]["costs"];
  EXPECT_EQ(costs["steal_success_ns"], 100);
  EXPECT_EQ(costs["poll_ns"], 0.1);
  EXPECT_EQ(costs["visit_growth"], Json::parse("[[1.0, 1.0], [64.0, 2.5]]"));
  EXPECT_FALSE(costs.contains("base"));
  put("costs/dear.json", R"({"about": "", "costs": {}})");
  EXPECT_EQ(read(as_run).suite.as_run.dump(), as_run.dump());
}

TEST_F(SimulatedSuiteFile, CoresOnTheCommandLineReplaceThoseOfTheSuite) {
  Json document = small_suite();
  document["factors"]["cores"] = {1, 2};
  document["points"] = Json::parse(R"([{"connections": 4}, {"connections": 8, "cores": 3}])");
  const SimulatedSuite suite = read(document, 64);
  ASSERT_EQ(suite.suite.cells.size(), 2U);
  for (const harness::Cell& cell : suite.suite.cells) EXPECT_EQ(cell.cores, 64U);
}

TEST_F(SimulatedSuiteFile, AShareOfATracesRateNeedsNoCapacity) {
  put("times.csv", "time_us\n# two in 20 us\n100\n110.5\n");
  Json document = small_suite();
  document["workloads"]["work"]["simulated"]["arrivals"] = {{"kind", "trace"},
                                                            {"file", "times.csv"}};
  document["factors"]["arrival"] = "poisson";
  document["factors"]["rate_share"] = 0.5;
  const SimulatedSuite suite = read(document);
  ASSERT_TRUE(suite.work.at("work").trace);
  EXPECT_EQ(suite.work.at("work").trace->times_ns, (std::vector<Nanos>{0, 10'500}));
  EXPECT_EQ(suite.work.at("work").trace->period_ns, 21'000);
  EXPECT_NEAR(*suite.suite.cells[0].workload.capacity_rps, 2e9 / 21'000, 1);
}

TEST_F(SimulatedSuiteFile, RefusesWhatNoModelCanBe) {
  put("never.csv", "0,0,5\n");
  struct Wrong {
    const char* where;
    const char* text;
    const char* complaint;
  };
  for (const auto& [where, text, wanted] : {
           Wrong{"/models/m", R"({"cost": "zero"})", "models.m"},
           Wrong{"/models/m", R"({"costs": "zeros"})", "zeros"},
           Wrong{"/models/m", R"({"costs": {"steal_ns": 1}})", "steal_ns"},
           Wrong{"/models/m", R"({"costs": {"poll_ns": -1}})", "models.m.costs.poll_ns"},
           Wrong{"/models/m", R"({"costs": {"frequency_factor": 0}})", "frequency_factor"},
           Wrong{"/models/m", R"({"costs": {"frequency_factor": 1e12}})", "frequency_factor"},
           Wrong{"/models/m", R"({"costs": {"visit_growth": [[2, 1], [2, 3]]}})", "rise"},
           Wrong{"/models/m", R"({"skew": 0.5})", "models.m.skew"},
           Wrong{"/models/m", R"({"assignment": "hash", "skew": 0.5})", "models.m.skew"},
           Wrong{"/models/m", R"({"numa_nodes": 3})", "models.m.numa_nodes"},
           Wrong{"/models", R"({})", "models"},
           Wrong{"/models", R"([1])", "models"},
           Wrong{"/workloads/work", R"({"simulated": {"services": "exp:5"}})", "services"},
           Wrong{"/workloads/work", R"({"simulated": {"service": "exp"}})",
                 "workloads.work.simulated.service"},
           Wrong{"/workloads/work", R"({"simulated": {"think": "exp:5"}})",
                 "says not what a request costs"},
           Wrong{"/workloads/work",
                 R"({"simulated": {"service": "exp:5", "fork_service": "exp:1"}})",
                 "stands without forks"},
           Wrong{"/workloads/work",
                 R"({"path": "/a", "simulated": {"arrivals": {"kind": "on_off", "on": "exp:1"}}})",
                 "off"},
           Wrong{"/workloads/work",
                 R"({"path": "/a", "simulated": {"arrivals":
                     {"kind": "on_off", "on": "exp:1", "off": "exp:1"}}})",
                 "a closed loop has none of its own"},
           Wrong{"/workloads/work",
                 R"({"path": "/a", "simulated": {"arrivals":
                     {"kind": "on_off", "on": "empirical:never.csv", "off": "exp:1"}}})",
                 "is never on"},
           Wrong{"/workloads/work",
                 R"({"path": "/a", "simulated": {"arrivals": {"kind": "trace", "file": "no"}}})",
                 "cannot be read"},
           Wrong{"/factors/cores", "1024", "none"},
           Wrong{"/factors/threads_per_core", "64", "none"},
       }) {
    Json document = small_suite();
    document[Json::json_pointer(where)] = Json::parse(text);
    EXPECT_NE(complaint(document).find(wanted), std::string::npos)
        << where << " " << text << ": " << complaint(document);
  }
  Json many = small_suite();
  many["factors"]["cores"] = 1'024;
  many["factors"]["threads_per_core"] = 2;
  EXPECT_NE(complaint(many).find("at most 1024 workers"), std::string::npos) << complaint(many);
  Json idle = small_suite();  // its 4 connections leave a fifth thread without one
  idle["load_threads"] = 5;
  EXPECT_NE(complaint(idle).find("5 load_threads"), std::string::npos) << complaint(idle);
  idle["models"]["m"] = {{"client", "ideal"}};
  EXPECT_EQ(complaint(idle), "none");
}

TEST_F(SimulatedSuiteFile, ATraceIsRefusedByItsLine) {
  for (const char* text :
       {"1\n2\nx\n", "1\n3\n2\n", "5\n-1\n", "1 2\n4\n", "1\n1e13\n", "1\n1e300\n"}) {
    put("times.csv", text);
    EXPECT_THROW(read_trace((directory_ / "times.csv").string()), Error) << text;
  }
  put("times.csv", "5\n5\n");
  EXPECT_THROW(read_trace((directory_ / "times.csv").string()), Error);
}

TEST(SimulatedTrace, EndsBeforeItIsRepeatedAtAnyRate) {
  const Trace trace{.times_ns = {0, 1'000'000'000, 1'000'000'001}, .period_ns = 1'000'000'002};
  for (const double rate_rps : {1e-3, 1.0, 1e9}) {
    const Trace stretched = at_rate(trace, rate_rps);
    EXPECT_GT(stretched.period_ns, stretched.times_ns.back()) << rate_rps;
    EXPECT_GE(stretched.times_ns.back(), 0) << rate_rps;
  }
}

}  // namespace
}  // namespace etude::sim
