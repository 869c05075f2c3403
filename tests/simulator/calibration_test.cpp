// Goal: what a calibration says is what was measured. Method: scripted times and records made from
// known costs; the fit has to give those costs back.

#include "experiments/simulator/calibration.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "core/failure.h"
#include "experiments/harness/suite.h"
#include "experiments/simulator/line_fit.h"
#include "experiments/simulator/micro_run.h"

namespace etude::sim {
namespace {

using harness::TrialRecord;
using harness::WorkerRow;

MicroTimes all_times(double each_ns) {
  MicroTimes times;
  for (const std::string_view name : benchmarks_needed()) times[std::string(name)] = each_ns;
  return times;
}

// What a server and a client cost in truth, on one core and on two.
constexpr double kVisit_ns = 2'000;
constexpr double kRequest_ns = 50;
constexpr double kJson_ns = 600;
constexpr double kApart_ns = 1'000;  // more per visit
constexpr double kClient_ns = 1'500;

double growth(std::int64_t connections) { return connections <= 128 ? 1 : 2; }

Observation seen(ClientPlace client, std::int64_t connections, std::int64_t pipeline) {
  const double apart_ns = client == ClientPlace::apart ? kApart_ns : 0;
  return {.cell = {.scheduler = "round",
                   .workload = "plain",
                   .client = client,
                   .cores = 1,
                   .connections = connections,
                   .pipeline = pipeline},
          .server_ns = (kVisit_ns + apart_ns) * growth(connections) +
                       kRequest_ns * static_cast<double>(pipeline),
          .client_ns = kClient_ns,
          .run_ns = 80'000};
}

Runs known_runs() {
  Runs runs{.cells = {}, .paths = {{"plain", "/plaintext"}, {"json", "/json"}}, .cache_bytes = 2e6};
  for (const ClientPlace client : {ClientPlace::near, ClientPlace::apart}) {
    for (const std::int64_t connections : {128, 2'048, 8'192}) {
      runs.cells.push_back(seen(client, connections, 16));
    }
    for (const std::int64_t pipeline : {1, 4, 64}) {
      runs.cells.push_back(seen(client, 128, pipeline));
    }
  }
  Observation json = seen(ClientPlace::near, 128, 1);
  json.cell.workload = "json";
  json.server_ns += kJson_ns;
  runs.cells.push_back(json);
  runs.cells = medians(runs.cells);
  return runs;
}

TEST(LineFit, GivesBackALine) {
  const Line line = fit_line({{1, 52}, {4, 58, 3}, {16, 82}, {64, 178}});
  EXPECT_NEAR(line.at_zero, 50, 1e-9);
  EXPECT_NEAR(line.slope, 2, 1e-9);
  EXPECT_NEAR(greatest_miss(line, {{1, 52}, {10, 140}}), 0.5, 1e-9);
}

TEST(LineFit, HasNoPartBelowZero) {
  const Line falling = fit_line({{1, 10}, {2, 8}});
  EXPECT_EQ(falling.slope, 0);
  EXPECT_DOUBLE_EQ(falling.at_zero, 9);
  const Line steep = fit_line({{1, 1}, {2, 4}});
  EXPECT_EQ(steep.at_zero, 0);
  EXPECT_DOUBLE_EQ(steep.slope, 9.0 / 5.0);
}

TEST(LineFit, TellsNoSlopeFromOnePlace) {
  const Line line = fit_line({{3, 10}, {3, 20}});
  EXPECT_EQ(line.slope, 0);
  EXPECT_DOUBLE_EQ(line.at_zero, 15);
}

TEST(Calibration, GivesBackTheCostsOfAVisit) {
  CostsFile file = operation_costs(all_times(0));
  add_visit_costs(known_runs(), file);
  const Costs& costs = file.costs;
  EXPECT_NEAR(costs.visit_ns, kVisit_ns, 1e-6);
  EXPECT_NEAR(costs.request_ns, kRequest_ns, 1e-6);
  EXPECT_NEAR(costs.apart_visit_ns, kVisit_ns + kApart_ns, 1e-6);
  EXPECT_NEAR(costs.client_visit_ns, kClient_ns, 1e-6);
  EXPECT_NEAR(costs.client_request_ns, 0, 1e-9);
  EXPECT_NEAR(costs.path_ns.at("/json"), kJson_ns, 1e-6);
  EXPECT_NEAR(growth_at(costs.visit_growth, 2'048), 2, 1e-9);
  EXPECT_NEAR(growth_at(costs.client_growth, 8'192), 1, 1e-9);
  EXPECT_EQ(costs.slice_ns, 80'000);
  // As a whole it can be written: each number has its source.
  EXPECT_NE(costs_text(file).find("path_ns"), std::string::npos);
}

TEST(Calibration, TakesFromAVisitWhatIsChargedBesides) {
  CostsFile file = operation_costs(all_times(100));
  add_visit_costs(known_runs(), file);
  // 100 to switch, 50 each to submit and to take; an event is (100 - 100) / 64, no polls were seen.
  EXPECT_NEAR(file.costs.visit_ns, kVisit_ns - 200, 1e-6);
  EXPECT_NEAR(file.costs.client_visit_ns, kClient_ns, 1e-6);
}

TEST(Calibration, FindsWhatASleepCosts) {
  constexpr double kPark_ns = 3'000;
  constexpr double kRouse_ns = 2'000;
  Runs runs = known_runs();
  CostsFile file = operation_costs(all_times(0));
  add_visit_costs(runs, file);
  for (const double sleeps : {0.1, 0.4}) {
    Observation run = seen(ClientPlace::apart, 4'096, 16);
    run.cell.client = ClientPlace::near;
    run.cell.connections = sleeps < 0.2 ? 4'096 : 16'384;
    run.cell.cores = 2;
    run.sleeps = sleeps;
    run.server_ns += sleeps * kPark_ns;
    run.client_ns += sleeps * kRouse_ns;
    runs.cells.push_back(run);
  }
  add_sleep_costs(runs, file);
  EXPECT_NEAR(file.costs.park_ns, kPark_ns, 1e-6);
  EXPECT_NEAR(file.costs.rouse_ns, kRouse_ns, 1e-6);
}

TEST(Calibration, FindsWhatAMigrationCosts) {
  constexpr double kMigration_ns = 3'000;
  constexpr double kRefill_ns = 4'000;
  Runs runs = known_runs();
  CostsFile file = operation_costs(all_times(0));
  add_visit_costs(runs, file);
  // The growth is half done between 128 and 2,048 connections, at 512.
  const double half = 512;
  for (const std::int64_t connections : {256, 2'048, 8'192}) {
    for (const char* scheduler : {"round", "square"}) {
      Observation run = seen(ClientPlace::near, connections, 16);
      run.cell.cores = 2;
      run.cell.scheduler = scheduler;
      if (run.cell.scheduler == "square") {
        run.migrations = 0.25;
        const double held = std::min(1.0, half / (static_cast<double>(connections) / 2));
        run.server_ns += run.migrations * (kMigration_ns + kRefill_ns * held);
      }
      runs.cells.push_back(run);
    }
  }
  add_migration_costs(runs, file);
  const Costs& costs = file.costs;
  EXPECT_NEAR(costs.working_set_bytes, runs.cache_bytes / half, runs.cache_bytes / half * 0.02);
  EXPECT_NEAR(costs.migration_ns, kMigration_ns, kMigration_ns * 0.02);
  EXPECT_NEAR(costs.line_refill_ns * costs.working_set_bytes / 64, kRefill_ns, kRefill_ns * 0.02);
}

TEST(Calibration, HasAllItNeedsFromTheShippedSuite) {
  const harness::Suite suite =
      harness::read_suite(ETUDE_SOURCE_DIR "/experiments/suites/calibrate.json", {},
                          [](const harness::SchedulerChoice&) { return std::string(); });
  Runs runs{.cells = {}, .paths = {}, .cache_bytes = 2e6};
  for (const harness::Cell& cell : suite.cells) {
    const bool near = cell.placement.kind == harness::PlacementKind::shared;
    Observation run =
        seen(near ? ClientPlace::near : ClientPlace::apart, cell.connections, cell.pipeline);
    run.cell.scheduler = cell.scheduler.name;
    run.cell.workload = cell.workload.name;
    run.cell.cores = cell.cores;
    run.migrations = cell.cores > 1 ? 0.2 : 0;
    runs.paths[cell.workload.name] = cell.workload.path;
    runs.cells.push_back(run);
  }
  CostsFile file = operation_costs(all_times(10));
  add_visit_costs(runs, file);
  add_migration_costs(runs, file);
  EXPECT_TRUE(file.costs.path_ns.contains("/json"));
  for (const char* cost : {"visit_ns", "request_ns", "client_visit_ns", "apart_visit_ns",
                           "apart_client_visit_ns", "slice_ns", "migration_ns"}) {
    EXPECT_TRUE(file.sources.contains(cost)) << cost;
  }
  EXPECT_GE(file.costs.visit_growth.size(), 8U);
}

TEST(Calibration, SaysWhatItDoesNotHave) {
  MicroTimes times = all_times(1);
  times.erase("context/there_and_back");
  EXPECT_THROW((void)operation_costs(times), Error);
  CostsFile file;
  EXPECT_THROW(add_visit_costs({}, file), Error);
}

TEST(Benchmarks, AreReadByName) {
  const MicroTimes times = parse_benchmarks(R"({"benchmarks": [
      {"name": "a", "cpu_time": 5, "real_time": 9, "time_unit": "ns"},
      {"name": "b/real_time", "cpu_time": 5, "real_time": 9, "time_unit": "ns"}]})",
                                            "here");
  EXPECT_EQ(times, (MicroTimes{{"a", 5}, {"b/real_time", 9}}));
  EXPECT_THROW((void)parse_benchmarks("no JSON", "here"), Error);
  EXPECT_THROW((void)parse_benchmarks(R"({"benchmarks": [
      {"name": "a", "cpu_time": 5, "time_unit": "ms"}]})",
                                      "here"),
               Error);
}

TrialRecord record_of(double server_cpu_s, double client_cpu_s, const char* client_cores) {
  TrialRecord record;
  record.trial.scheduler = "round";
  record.trial.status = "ok";
  record.trial.pipeline = 10;
  record.trial.requests = 10'000;  // 1,000 visits
  record.trial.duration_s = 1;
  record.trial.throughput_rps = 10'000;
  record.trial.server_cpu_s = server_cpu_s;
  record.trial.client_cpu_s = client_cpu_s;
  record.trial.machine_cpu_ns_per_request = 160'000;
  record.trial.ctx_voluntary = 10;
  record.trial.ctx_involuntary = 90;
  record.trial.server_cores = "0";
  record.trial.client_cores = client_cores;
  WorkerRow worker;
  worker["migrations"] = 250;
  record.workers = {worker, worker};
  return record;
}

TEST(Observations, CountAFullCoreWhollyAndShareItByWhatIsCharged) {
  const Observation full = observe({record_of(0.6, 0.3, "0")}).at(0);
  EXPECT_EQ(full.cell.client, ClientPlace::near);
  EXPECT_NEAR(full.server_ns, 1e6 * 2 / 3, 1);
  EXPECT_NEAR(full.client_ns, 1e6 / 3, 1);
  EXPECT_DOUBLE_EQ(full.migrations, 0.5);
  EXPECT_DOUBLE_EQ(full.thread_switches, 0.1);
  const Observation idle = observe({record_of(0.3, 0.1, "0")}).at(0);
  EXPECT_NEAR(idle.server_ns, 0.3e6, 1);
}

TEST(Observations, ApartGiveTheServerItsCoreWhereItNeverSlept) {
  TrialRecord record = record_of(0.9, 0.5, "1");
  const Observation awake = observe({record}).at(0);
  EXPECT_EQ(awake.cell.client, ClientPlace::apart);
  EXPECT_NEAR(awake.server_ns, 1e6, 1);
  EXPECT_NEAR(awake.client_ns, 0.6e6, 1) << "the rest of the machine's 1.6 ms";
  record.trial.ctx_voluntary = 5'000;
  EXPECT_NEAR(observe({record}).at(0).server_ns, 0.9e6, 1);
}

TEST(Observations, ThatOthersDisturbedCountOnlyWhereThereAreNoOthers) {
  TrialRecord disturbed = record_of(0.9, 0.05, "0");
  disturbed.trial.other_cpu_frac = 0.3;
  const auto mixed = medians(observe({disturbed, record_of(0.5, 0.1, "0")}));
  EXPECT_NEAR(mixed.at(0).server_ns, 0.5e6, 1);
  EXPECT_FALSE(mixed.at(0).disturbed);
  EXPECT_TRUE(medians(observe({disturbed})).at(0).disturbed);
}

TEST(Observations, LeaveOutWhatFailedAndGiveMedians) {
  TrialRecord failed = record_of(0.6, 0.3, "0");
  failed.trial.status = "failed";
  EXPECT_TRUE(observe({failed}).empty());
  const auto cells = medians(observe({record_of(0.1, 0.1, "0"), record_of(0.2, 0.1, "0"),
                                      record_of(0.5, 0.1, "0"), record_of(0.3, 0.1, "1")}));
  ASSERT_EQ(cells.size(), 2U);
  EXPECT_NEAR(cells[0].server_ns, 0.2e6, 1);
  EXPECT_EQ(cells[0].trials, 3);
}

}  // namespace
}  // namespace etude::sim
