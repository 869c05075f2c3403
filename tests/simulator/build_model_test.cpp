// Goal: a suite's cell becomes the model it says: path by path, factor by factor.
// Method: read small suites, build the model of a cell, look at what it holds; lengths are drawn
// with a fixed seed where only a draw can tell.

#include "experiments/simulator/build_model.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "experiments/simulator/path_handler.h"
#include "tests/simulator/simulated_suites.h"

namespace etude::sim {
namespace {

Nanos drawn_ns(const Lengths& lengths) {
  Rng rng(1);
  return lengths.draw_ns(rng);
}

double mean_us(const Lengths& lengths) {
  constexpr int kDraws = 100'000;
  Rng rng(1);
  double sum_ns = 0;
  for (int i = 0; i < kDraws; ++i) sum_ns += static_cast<double>(lengths.draw_ns(rng));
  return sum_ns / kDraws / kMicrosecond;
}

TEST(PathHandler, DoesWhatTheServersRoutesDo) {
  const Costs none;
  EXPECT_EQ(drawn_ns(handler_of_path("/spin?us=2.5", none).handler.service), 2'500);
  EXPECT_EQ(drawn_ns(handler_of_path("/sleep?us=7", none).handler.sleep), 7'000);
  EXPECT_EQ(drawn_ns(handler_of_path("/block?us=2000", none).handler.block), 2'000'000);
  const Handler forks = handler_of_path("/fanout?n=8&us=50", none).handler;
  EXPECT_EQ(forks.forks, 8U);
  EXPECT_EQ(drawn_ns(forks.fork_service), 50'000);
  EXPECT_TRUE(forks.service.is_zero());
  EXPECT_NEAR(mean_us(handler_of_path("/spin?us={exp:20}", none).handler.service), 20, 0.3);
  EXPECT_NEAR(mean_us(handler_of_path("/sleep?us={round:exp:20}", none).handler.sleep), 20, 0.3);
}

TEST(PathHandler, KnowsEveryDistributionOfSpin) {
  const Costs none;
  for (const char* query :
       {"dist=fixed", "dist=exp", "dist=lognormal&sigma=0.5", "dist=pareto&alpha=3"}) {
    const Lengths service =
        handler_of_path(std::string("/spin?us=10&") + query, none).handler.service;
    EXPECT_NEAR(mean_us(service), 10, 0.2) << query;
  }
  for (const char* dist : {"bimodal", "hyperexp"}) {
    const std::string path = std::string("/spin?us=5&long_us=50&long_share=0.5&dist=") + dist;
    EXPECT_NEAR(mean_us(handler_of_path(path, none).handler.service), 27.5, 0.6) << dist;
  }
}

TEST(PathHandler, AnyOtherPathCostsWhatTheCostsSay) {
  Costs costs;
  costs.path_ns = {{"/json", 600}, {"/spin", 30}};
  EXPECT_EQ(handler_of_path("/json", costs).handler.extra_ns, 600);
  EXPECT_TRUE(handler_of_path("/json", costs).has_cost);
  EXPECT_EQ(handler_of_path("/spin?us=1", costs).handler.extra_ns, 30);
  EXPECT_FALSE(handler_of_path("/plaintext", costs).has_cost);
  EXPECT_TRUE(handler_of_path("/spin?us=1", Costs()).has_cost) << "its query says it";
}

TEST(PathHandler, RefusesWhatTheServerWould) {
  for (const char* path :
       {"/spin", "/spin?us=x", "/spin?us=-1", "/spin?us=1&dist=zipf",
        "/spin?us=1&dist=pareto&alpha=1", "/spin?us={exp:5}&dist=exp", "/spin?dist=exp", "/sleep",
        "/block", "/fanout?us=1", "/fanout?n=1025", "/fanout?n=1.5", "/spin?us={normal:5}"}) {
    EXPECT_THROW(handler_of_path(path, Costs()), Error) << path;
  }
}

class BuildModel : public Suites {
 protected:
  BuiltModel build(const SimulatedSuite& suite, std::size_t nth = 0, int attempt = 1) const {
    harness::Plan plan = harness::make_plan(suite.suite);
    for (const harness::PlannedTrial& trial : plan.trials) {
      if (cell_json(trial.cell) == cell_json(suite.suite.cells[nth])) {
        return build_model(suite, trial, attempt, nullptr);
      }
    }
    ADD_FAILURE() << "no such trial";
    return {};
  }
  Model model_of(const Json& document) const { return build(read(document)).model; }
};

TEST_F(BuildModel, TakesTheFactorsOfTheCell) {
  Json document = small_suite();
  document["load_threads"] = 2;
  document["workloads"]["work"]["think_ms"] = 3;
  document["workloads"]["work"]["beside"] = {{"path", "/block?us=10"}, {"connections", 7}};
  document["factors"] = Json::parse(
      R"({"scheduler": "square:side=4", "connections": 12, "pipeline": 16, "cores": 3,
          "threads_per_core": 2, "workload": "work", "placement": "shared", "poll_every": 9,
          "search_rounds": 2, "wake_policy": "eager", "io_claim": "on", "claim_after_us": 250})");
  const Model model = model_of(document);
  EXPECT_EQ(model.cores, 3U);
  EXPECT_EQ(model.threads_per_core, 2U);
  EXPECT_EQ(model.connections, 12U);
  EXPECT_EQ(model.pipeline, 16U);
  EXPECT_EQ(model.scheduler_settings.at("side"), "4");
  EXPECT_EQ(model.driver.poll_every, 9U);
  EXPECT_EQ(model.driver.search_rounds, 2U);
  EXPECT_EQ(model.driver.wake_policy, WakePolicy::eager);
  EXPECT_TRUE(model.driver.io_claim);
  EXPECT_EQ(model.driver.claim_after_ns, 250'000);
  EXPECT_EQ(model.client.threads, 2U);
  EXPECT_TRUE(model.client.shares_cores);
  EXPECT_EQ(model.arrivals.kind, Arrivals::Kind::closed);
  EXPECT_EQ(drawn_ns(model.arrivals.think), 3 * kMillisecond);
  EXPECT_EQ(model.beside.connections, 7U);
  EXPECT_EQ(drawn_ns(model.beside.handler.block), 10'000);
  EXPECT_EQ(model.warmup_ns, 100 * kMillisecond);
  EXPECT_EQ(model.duration_ns, kSecond);
  ASSERT_EQ(model.routes.size(), 1U);
  EXPECT_EQ(drawn_ns(model.routes[0].handler.service), 5'000);
}

TEST_F(BuildModel, AMixIsItsRoutes) {
  Json document = small_suite();
  document["workloads"]["work"] = Json::parse(
      R"({"mix": [{"path": "/spin?us=1", "weight": 9}, {"path": "/sleep?us=4", "weight": 0.5}]})");
  const Model model = model_of(document);
  ASSERT_EQ(model.routes.size(), 2U);
  EXPECT_EQ(model.routes[0].weight, 9);
  EXPECT_EQ(drawn_ns(model.routes[1].handler.sleep), 4'000);
}

TEST_F(BuildModel, WhatIsSimulatedStandsInPlaceOfThePath) {
  Json document = small_suite();
  document["workloads"]["work"]["simulated"] = Json::parse(
      R"({"service": "fixed:8", "slice_us": 2, "forks": 3, "fork_service": "fixed:1",
          "block": "fixed:4", "sleep": "fixed:6", "think": "fixed:9"})");
  const Model model = model_of(document);
  const Handler& handler = model.routes[0].handler;
  EXPECT_EQ(drawn_ns(handler.service), 8'000);
  EXPECT_EQ(handler.slice_ns, 2'000);
  EXPECT_EQ(handler.forks, 3U);
  EXPECT_EQ(drawn_ns(handler.fork_service), 1'000);
  EXPECT_EQ(drawn_ns(handler.block), 4'000);
  EXPECT_EQ(drawn_ns(handler.sleep), 6'000);
  EXPECT_EQ(drawn_ns(model.arrivals.think), 9'000);
}

TEST_F(BuildModel, OpenLoopsHaveTheRateOfTheCellAndTheShapeOfTheWorkload) {
  Json document = small_suite();
  document["factors"]["arrival"] = "fixed";
  document["factors"]["rate_rps"] = 5'000;
  EXPECT_EQ(model_of(document).arrivals.kind, Arrivals::Kind::fixed);
  EXPECT_EQ(model_of(document).arrivals.rate_rps, 5'000);
  document["factors"]["arrival"] = "poisson";
  EXPECT_EQ(model_of(document).arrivals.kind, Arrivals::Kind::poisson);

  document["workloads"]["work"]["simulated"]["arrivals"] = {
      {"kind", "on_off"}, {"on", "fixed:10"}, {"off", "fixed:30"}};
  const Arrivals bursts = model_of(document).arrivals;
  EXPECT_EQ(bursts.kind, Arrivals::Kind::on_off);
  EXPECT_EQ(bursts.rate_rps, 5'000);
  EXPECT_EQ(drawn_ns(bursts.off), 30'000);

  // Three in 300 us are 10,000 per second; at 5,000 every gap is twice as long.
  put("times.csv", "0\n50\n200\n");
  document["workloads"]["work"]["simulated"]["arrivals"] = {{"kind", "trace"},
                                                            {"file", "times.csv"}};
  const Arrivals trace = model_of(document).arrivals;
  EXPECT_EQ(trace.kind, Arrivals::Kind::trace);
  ASSERT_TRUE(trace.trace);
  EXPECT_EQ(*trace.trace, (std::vector<Nanos>{0, 100'000, 400'000}));
  EXPECT_EQ(trace.trace_period_ns, 600'000);
}

TEST_F(BuildModel, AcceptorsAreAssignmentsUnlessTheModelSaysAnother) {
  Json document = small_suite();
  using Kind = Assignment::Kind;
  for (const auto& [acceptor, kind] :
       {std::pair{"reuseport", Kind::hash}, {"shared", Kind::round_robin}, {"one", Kind::one}}) {
    document["factors"]["acceptor"] = acceptor;
    EXPECT_EQ(model_of(document).assignment.kind, kind) << acceptor;
  }
  document["models"]["m"] = {{"assignment", "each_request"}, {"client", "ideal"}};
  EXPECT_EQ(model_of(document).assignment.kind, Kind::each_request);
  EXPECT_EQ(model_of(document).client.threads, 0U);
}

TEST_F(BuildModel, ChargesForAClientApartWhereTheCostsKnowIt) {
  Json document = small_suite();
  document["models"]["m"]["costs"] = {{"request_ns", 50}};
  EXPECT_EQ(model_of(document).costs.request_ns, 50);
  document["models"]["m"]["costs"] = {{"request_ns", 50}, {"apart_request_ns", 90}};
  EXPECT_EQ(model_of(document).costs.request_ns, 90);
  document["factors"]["placement"] = "shared";
  EXPECT_EQ(model_of(document).costs.request_ns, 90) << "two cores still are two";
  document["factors"]["cores"] = 1;
  EXPECT_EQ(model_of(document).costs.request_ns, 50);
}

TEST_F(BuildModel, SaysWhatItsCostsDoNotKnow) {
  Json document = small_suite();
  document["factors"]["workload"] = "plaintext";
  const std::vector<std::string> reasons = build(read(document, {}, "dear")).reasons;
  ASSERT_EQ(reasons.size(), 1U);
  EXPECT_NE(reasons[0].find("dear do not list /plaintext"), std::string::npos) << reasons[0];
}

TEST_F(BuildModel, SaysThatThreadsKeepACoreTheyShare) {
  const auto says_so = [this](const Json& document) {
    const std::vector<std::string> reasons = build(read(document)).reasons;
    return std::any_of(reasons.begin(), reasons.end(), [](const std::string& reason) {
      return reason.find("slice_ns") != std::string::npos;
    });
  };
  Json document = small_suite();
  EXPECT_FALSE(says_so(document));
  document["factors"]["threads_per_core"] = 2;
  EXPECT_TRUE(says_so(document));
  document["models"]["m"]["costs"] = {{"request_ns", 50}, {"slice_ns", 1'000'000}};
  EXPECT_FALSE(says_so(document));
}

TEST_F(BuildModel, CellsOfABlockShareTheirSeedAndTwinsDoNot) {
  Json document = small_suite();
  document["factors"]["scheduler"] = {"round", "square"};
  document["aa"] = true;
  const SimulatedSuite suite = read(document);
  ASSERT_EQ(suite.suite.cells.size(), 3U);
  const std::uint64_t seed_a = build(suite, 0).model.seed;
  EXPECT_NE(seed_a, build(suite, 1).model.seed) << "A and B";
  EXPECT_EQ(seed_a, build(suite, 2).model.seed) << "another scheduler";
  EXPECT_EQ(seed_a, build(suite, 0).model.seed);
}

TEST_F(BuildModel, AClosedLoopOfNothingTakesNoTime) {
  Json document = small_suite();
  EXPECT_FALSE(takes_no_time(model_of(document)));
  document["factors"]["workload"] = "plaintext";
  EXPECT_TRUE(takes_no_time(model_of(document)));
  EXPECT_FALSE(takes_no_time(build(read(document, {}, "dear")).model));
  Model model = model_of(document);
  model.costs.network_ns = 0.4;  // time goes by whole nanoseconds
  model.costs.request_ns = 1e-6;
  model.costs.poll_ns = 100;
  EXPECT_TRUE(takes_no_time(model));
  model.costs.event_ns = 100;
  EXPECT_FALSE(takes_no_time(model));
  model.delivery = Delivery::direct;  // no event is reported
  EXPECT_TRUE(takes_no_time(model));
  document["workloads"]["plaintext"]["think_ms"] = 1;
  EXPECT_FALSE(takes_no_time(model_of(document)));
  document["workloads"]["plaintext"]["beside"] = {{"path", "/json"}, {"connections", 1}};
  EXPECT_TRUE(takes_no_time(model_of(document)));
}

TEST_F(BuildModel, ExpectsAsManyRequestsAsTheServerCanAnswer) {
  Json document = small_suite();  // 2 cores, 5 us each, 0.1 s and 1 s
  EXPECT_NEAR(expected_requests(model_of(document)), 440'000, 1);
  document["models"]["m"] = {{"requests_max", 1'000}};
  EXPECT_NEAR(expected_requests(model_of(document)), 41'000, 1);
  document["factors"]["arrival"] = "poisson";
  document["factors"]["rate_rps"] = 100;
  EXPECT_NEAR(expected_requests(model_of(document)), 110, 1);
}

}  // namespace
}  // namespace etude::sim
