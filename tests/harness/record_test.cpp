#include "experiments/harness/record.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "experiments/harness/outcome.h"

namespace etude::harness {
namespace {

// The published columns of trials.csv, letter by letter: others read them by name and place.
constexpr const char* kPublishedColumns =
    "schema,run_id,trial_id,block,order,seed,source,subject,scheduler,scheduler_params,workload,"
    "connections,pipeline,mode,arrival,rate_target_rps,cores,threads_per_core,acceptor,backlog,"
    "duration_s,requests,throughput_rps,lat_req_mean_ns,lat_req_p50_ns,lat_req_p90_ns,"
    "lat_req_p99_ns,lat_req_p999_ns,lat_req_max_ns,lat_batch_mean_ns,lat_batch_p99_ns,"
    "lat_intended_p50_ns,lat_intended_p99_ns,lat_intended_p999_ns,inflight_mean,little_err,"
    "idle_frac,server_cpu_s,server_user_s,server_sys_s,server_cpu_ns_per_request,client_cpu_s,"
    "ctx_voluntary,ctx_involuntary,sched_delay_p50_ns,sched_delay_p99_ns,queue_depth_mean,"
    "queue_depth_max,steals,steal_attempts,migrations,wakes,rss_max_bytes,cpu_steal_frac,errors,"
    "status,reasons,git_rev,env_id,started_at";

TEST(Record, BeginsWithThePublishedColumnsInTheirOrder) {
  EXPECT_EQ(trials_csv_header().find(kPublishedColumns), 0U) << trials_csv_header();
  EXPECT_EQ(hist_csv_header(), "trial_id,metric,lower_ns,upper_ns,count\n");
}

std::size_t commas(const std::string& line) {
  return static_cast<std::size_t>(std::count(line.begin(), line.end(), ','));
}

TEST(Record, LeavesOutWhatWasNotMeasured) {
  TrialRow row;
  EXPECT_EQ(commas(csv_line(row)), commas(trials_csv_header()));
  EXPECT_TRUE(csv_line(row).starts_with("1,,,0,0,0,real,,")) << csv_line(row);
  EXPECT_EQ(csv_line(WorkerRow{}),
            ",0" + std::string(commas(workers_csv_header()) - 1, ',') + "\n");
}

TEST(Record, QuotesWhatWouldMisleadAReader) {
  TrialRow row;
  row.reasons = "exit 1: \"port\" taken, twice\nand so on";
  EXPECT_NE(csv_line(row).find(",\"exit 1: \"\"port\"\" taken, twice and so on\","),
            std::string::npos)
      << csv_line(row);
}

TrialRecord sample_record() {
  TrialRecord record;
  record.trial.trial_id = "abc-b0";
  record.trial.throughput_rps = 123456.789012345;
  record.trial.requests = 9'007'199'254'740'993;  // above 2^53
  record.trial.reasons = "one, \"two\"\nthree";
  record.workers.resize(2);
  record.workers[1].worker = 1;
  record.workers[1]["steal_lost"] = 7;
  record.windows.push_back({.trial_id = "abc-b0",
                            .window = 0,
                            .start_ns = 0,
                            .length_ns = 5,
                            .requests = 3,
                            .lat_req_mean_ns = std::nullopt});
  record.hist.push_back(
      {.trial_id = "abc-b0", .metric = "lat_req_ns", .lower_ns = 10, .upper_ns = 19, .count = 4});
  return record;
}

TEST(Record, ComesBackFromItsJournalLineUnchanged) {
  const TrialRecord record = sample_record();
  const std::string line = record_line(record);
  EXPECT_EQ(line.find('\n'), std::string::npos);
  const auto back = parse_record(line);
  ASSERT_TRUE(back);
  EXPECT_EQ(csv_line(back->trial), csv_line(record.trial));
  ASSERT_EQ(back->workers.size(), 2U);
  EXPECT_EQ(csv_line(back->workers[1]), csv_line(record.workers[1]));
  ASSERT_EQ(back->windows.size(), 1U);
  EXPECT_EQ(csv_line(back->windows[0]), csv_line(record.windows[0]));
  ASSERT_EQ(back->hist.size(), 1U);
  EXPECT_EQ(csv_line(back->hist[0]), csv_line(record.hist[0]));
}

TEST(Record, NoBeginningOfALineIsARecord) {
  const std::string line = record_line(sample_record());
  for (std::size_t length = 0; length < line.size(); ++length) {
    EXPECT_FALSE(parse_record(line.substr(0, length))) << "of length " << length;
  }
}

// Counters are subtracted, readings at one moment are not.
TEST(Outcome, SubtractsCountersOverTheMeasuredTime) {
  TrialRecord record;
  record.trial.requests = 1'000;
  const auto stats = [](int steals, int depth_max) {
    return fmt::format(R"({{"sched_delay_ns":{{"p50":10,"p99":20}},"workers":[
      {{"worker":0,"core":1,"steal_successes":{0},"wakes_sent":{0},"depth_max":{1}}},
      {{"worker":1,"core":1,"steal_successes":{0},"wakes_sent":5,"depth_max":2}}]}})",
                       steals, depth_max);
  };
  fill_from_stats(stats(100, 3), stats(150, 9), record);
  EXPECT_EQ(record.trial.steals, 100);
  EXPECT_EQ(record.trial.wakes, 50);
  EXPECT_EQ(record.trial.queue_depth_max, 9);
  EXPECT_EQ(record.trial.sched_delay_p99_ns, 20);
  ASSERT_EQ(record.workers.size(), 2U);
  EXPECT_EQ(record.workers[1].core, 1);
  EXPECT_FALSE(record.workers[1]["parks"]) << "was not reported";
}

TEST(Outcome, SplitsTheMeanLatencyIntoStages) {
  TrialRecord record;
  record.trial.arrival = "closed";
  record.trial.lat_req_mean_ns = 1'000;
  const auto stats = [](int waits, int batches) {
    return fmt::format(R"({{"stages":{{"waits":{0},"run_queue_ns":{1},"migration_ns":{0},
      "batches":{2},"service_ns":{3},"write_ns":{4}}}}})",
                       waits, waits * 100, batches, batches * 200, batches * 50);
  };
  fill_from_stats(stats(10, 10), stats(30, 50), record);
  EXPECT_EQ(record.trial.stage_run_queue_mean_ns, 100);
  EXPECT_EQ(record.trial.stage_migration_mean_ns, 1);
  EXPECT_EQ(record.trial.stage_service_mean_ns, 200);
  EXPECT_EQ(record.trial.stage_write_mean_ns, 50);
  EXPECT_EQ(record.trial.stage_socket_wait_mean_ns, 649);

  TrialRecord without_samples;
  fill_from_stats(stats(10, 10), stats(10, 10), without_samples);
  EXPECT_FALSE(without_samples.trial.stage_service_mean_ns);
}

TEST(Outcome, GivesCpuPerRequestFromTwoReadings) {
  TrialRecord record;
  record.trial.requests = 1'000;
  Reading start{.server = ServerSample{.cpu_ns = 5'000'000}, .machine = {10, 4, 0, 3}};
  Reading end{.server = ServerSample{.cpu_ns = 8'000'000}, .machine = {12, 5, 0.1, 4}};
  fill_from_readings(start, end, std::nullopt, record);
  EXPECT_DOUBLE_EQ(record.trial.server_cpu_ns_per_request.value_or(0), 3'000);
  EXPECT_DOUBLE_EQ(record.trial.machine_cpu_ns_per_request.value_or(0), 1e6);
  EXPECT_DOUBLE_EQ(record.trial.cpu_steal_frac.value_or(0), 0.05);
  EXPECT_NE(record.trial.reasons.find("5.0 %"), std::string::npos) << record.trial.reasons;
}

// Of 10 s of machine time 4 went to processes: 1.5 to the server, 1 to the client.
TEST(Outcome, TellsWhatOtherProgramsUsed) {
  const Reading start{.server = ServerSample{}, .machine = {100, 40, 0, 30}};
  const Reading end{.server = ServerSample{.cpu_ns = 1'500'000'000}, .machine = {110, 49, 0, 34}};
  TrialRecord record;
  fill_from_readings(start, end, std::nullopt, record);
  EXPECT_FALSE(record.trial.other_cpu_frac) << "the client's share is not known";
  record.trial.client_cpu_s = 1;
  fill_from_readings(start, end, std::nullopt, record);
  EXPECT_DOUBLE_EQ(record.trial.other_cpu_frac.value_or(0), 0.15);
  EXPECT_NE(record.trial.reasons.find("other programs used 15.0 %"), std::string::npos);
  record.trial.reasons.clear();
  record.trial.client_cpu_s = 2;
  fill_from_readings(start, end, std::nullopt, record);
  EXPECT_DOUBLE_EQ(record.trial.other_cpu_frac.value_or(0), 0.05);
  EXPECT_EQ(record.trial.reasons, "") << "below the limit";
}

TEST(Outcome, ACarelessClientIsARecordedFailureAndNoCrash) {
  for (const char* text : {"", "{", "[]", "{}", R"({"status":"ok"})", R"({"requests":"many"})"}) {
    TrialRecord record;
    EXPECT_TRUE(fill_from_load(text, record)) << text;
  }
}

TEST(Outcome, MemoryPerConnectionIsTheGrowthSharedOut) {
  TrialRecord record;
  record.trial.connections = 250;
  const MemorySample empty{.rss_bytes = 5'000'000, .anonymous_bytes = 1'000'000, .mappings = 40};
  const MemorySample idle{.rss_bytes = 6'250'000, .anonymous_bytes = 2'000'000, .mappings = 41};
  fill_from_memory(empty, idle, /*connections=*/250, record);
  EXPECT_EQ(record.trial.rss_per_connection_bytes, 5'000.0);
  EXPECT_EQ(record.trial.rss_empty_bytes, 5'000'000);
  EXPECT_EQ(record.trial.rss_idle_bytes, 6'250'000);
  EXPECT_EQ(record.trial.anon_empty_bytes, 1'000'000);
  EXPECT_EQ(record.trial.anon_idle_bytes, 2'000'000);
  EXPECT_EQ(record.trial.mappings_empty, 40);
  EXPECT_EQ(record.trial.mappings_idle, 41);
}

}  // namespace
}  // namespace etude::harness
