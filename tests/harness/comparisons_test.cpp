#include "experiments/harness/comparisons.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "tests/harness/suites.h"

namespace etude::harness {
namespace {

Suite rounds_suite(const std::string& design = "duet", const std::string& metric = "cpu") {
  Json document = small_suite();
  document.erase("blocks");
  document["design"] = design;
  document["aa"] = true;
  document["compare"] = {{"metrics", Json::array({metric})}};
  document["factors"]["connections"] = 256;
  document["factors"]["workload"] = "plaintext";
  return parse_small(document);
}

// CPU per request of each side of one round, in the order of the group's cells.
std::vector<TrialRecord> round_of(const Suite& suite, const Group& group, std::uint32_t round,
                                  const std::vector<double>& cpu_ns) {
  std::vector<TrialRecord> records;
  for (std::size_t i = 0; i < group.cells.size(); ++i) {
    TrialRecord record;
    record.trial.cell_id = group.cells[i].cell_id;
    record.trial.pair_id = pair_id(group, round, 1);
    record.trial.round = round;
    record.trial.arrival = "closed";
    record.trial.status = "ok";
    record.trial.requests = 1'000'000;
    record.trial.errors = 0;
    record.trial.throughput_rps = 1e6;
    record.trial.server_cpu_ns_per_request = cpu_ns.at(i);
    record.trial.round_s = 2.5;
    records.push_back(record);
  }
  EXPECT_FALSE(suite.cells.empty());
  return records;
}

const ComparisonRow& row_of(const std::vector<ComparisonRow>& rows, const std::string& candidate,
                            const std::string& control) {
  const auto found = std::find_if(rows.begin(), rows.end(), [&](const ComparisonRow& row) {
    return row.candidate == candidate && row.control == control;
  });
  EXPECT_NE(found, rows.end());
  return *found;
}

// A pair's noise: +-0.5 % in turn.
double noise(std::uint32_t round) { return round % 2 == 0 ? 1.005 : 0.995; }

void fill(RoundLog& log, const Suite& suite, std::uint32_t rounds, double aa, double square) {
  for (std::uint32_t round = 0; round < rounds; ++round) {
    for (const Group& group : log.groups()) {
      const bool control = group.comparisons.front().control == Control::aa;
      const double ratio = control ? aa : square;
      for (const TrialRecord& record :
           round_of(suite, group, round, {200, 200 * ratio * noise(round)})) {
        log.add(record);
      }
    }
  }
}

TEST(Comparisons, TellADifferenceAndAnEquivalence) {
  const Suite suite = rounds_suite();
  RoundLog log(suite, make_groups(suite));
  fill(log, suite, 12, 1.0, 1.10);
  const auto rows = log.rows("run");
  const ComparisonRow& square = row_of(rows, "square:side=4", "");
  EXPECT_EQ(square.verdict, "differs") << square.reason;
  EXPECT_EQ(square.direction, "dearer");
  EXPECT_NEAR(square.ratio.value_or(0), 1.10, 0.001);
  EXPECT_EQ(square.pairs, 12);
  EXPECT_LT(square.low.value_or(9), 1.10);
  EXPECT_GT(square.high.value_or(0), 1.10);
  EXPECT_EQ(row_of(rows, "round", "aa").verdict, "equivalent");
}

TEST(Comparisons, StayUndecidedBeforeTheLeastNumberOfPairsAndSayWhatItTakes) {
  const Suite suite = rounds_suite();
  RoundLog log(suite, make_groups(suite));
  fill(log, suite, 3, 1.0, 1.10);
  const auto rows = log.rows("run");
  const ComparisonRow& square = row_of(rows, "square:side=4", "");
  EXPECT_EQ(square.verdict, "undecided");
  EXPECT_NE(square.reason.find("3 valid pairs of the 6"), std::string::npos) << square.reason;
  ASSERT_TRUE(square.pairs_more);
  EXPECT_GE(*square.pairs_more, 3);
  EXPECT_NEAR(square.seconds_more.value_or(0), 2.5 * static_cast<double>(*square.pairs_more), 1e-9);
}

TEST(Comparisons, ConcludeNothingWhereTheControlMoves) {
  const Suite suite = rounds_suite();
  RoundLog log(suite, make_groups(suite));
  fill(log, suite, 12, 1.08, 1.10);
  const auto rows = log.rows("run");
  EXPECT_EQ(row_of(rows, "round", "aa").verdict, "differs");
  const ComparisonRow& square = row_of(rows, "square:side=4", "");
  EXPECT_EQ(square.verdict, "undecided");
  EXPECT_NE(square.reason.find("A/A control moved"), std::string::npos) << square.reason;
}

// Over the whole round both rates are equal; the candidate's falls from +10 % to -10 %.
TEST(Comparisons, DoNotCallRatesEquivalentThatAreStillOnTheirWay) {
  for (const bool drifting : {false, true}) {
    const Suite suite = rounds_suite("paired", "throughput");
    RoundLog log(suite, make_groups(suite));
    for (std::uint32_t round = 0; round < 12; ++round) {
      for (const Group& group : log.groups()) {
        const std::vector<double> cpu_ns(group.cells.size(), 200);
        std::vector<TrialRecord> sides = round_of(suite, group, round, cpu_ns);
        for (std::size_t side = 0; side < sides.size(); ++side) {
          const bool falls = drifting && group.cells[side].level == "square:side=4";
          for (const int step : {1, 0, -1}) {
            WindowRow window;
            window.requests = 100'000 + (falls ? 10'000 * step : 0);
            sides[side].windows.push_back(window);
          }
          sides[side].trial.throughput_rps = 1e6 * (side == 0 ? 1 : noise(round));
          log.add(sides[side]);
        }
      }
    }
    const auto rows = log.rows("run");
    const ComparisonRow& square = row_of(rows, "square:side=4", "");
    EXPECT_EQ(square.verdict, drifting ? "undecided" : "equivalent") << square.reason;
    EXPECT_EQ(square.reason.find("the ratio drifted") != std::string::npos, drifting);
  }
}

TEST(Comparisons, CountARoundOnlyWithAllItsSides) {
  const Suite suite = rounds_suite();
  RoundLog log(suite, make_groups(suite));
  const auto records = round_of(suite, log.groups()[0], 0, {200, 201});
  log.add(records[0]);
  EXPECT_EQ(log.rounds_finished(0), 0U);
  log.add(records[1]);
  EXPECT_EQ(log.rounds_finished(0), 1U);
  EXPECT_DOUBLE_EQ(log.spent_s(), 2.5) << "once for both sides";
}

TEST(Comparisons, DoNotMixTwoAttemptsAtARound) {
  const Suite suite = rounds_suite();
  RoundLog log(suite, make_groups(suite));
  const Group& group = log.groups()[0];
  const auto torn = round_of(suite, group, 0, {100, 900});
  log.add(torn[0]);  // the other side was lost with a kill
  auto again = round_of(suite, group, 0, {200, 202});
  for (TrialRecord& record : again) {
    record.trial.pair_id = pair_id(group, 0, 2);
    log.add(record);
  }
  EXPECT_EQ(log.rounds_finished(0), 1U);
  const auto rows = log.rows("run");
  EXPECT_NEAR(rows.front().ratio.value_or(0), 1.01, 1e-9);
}

TEST(Comparisons, CountAFailedSideAsAVoidRoundWithItsReason) {
  const Suite suite = rounds_suite();
  RoundLog log(suite, make_groups(suite));
  auto records = round_of(suite, log.groups()[1], 0, {200, 210});
  records[1].trial.status = "failed";
  for (const TrialRecord& record : records) log.add(record);
  const auto rows = log.rows("run");
  const ComparisonRow& square = row_of(rows, "square:side=4", "");
  EXPECT_EQ(square.pairs, 0);
  EXPECT_EQ(square.pairs_void, 1);
  EXPECT_NE(square.void_reasons.find("(1)"), std::string::npos) << square.void_reasons;
}

TEST(Comparisons, SayWhatAMachineLacks) {
  const Suite suite = rounds_suite();
  std::vector<Group> groups = make_groups(suite);
  for (Group& group : groups) group.needs = "8 server cores";
  const RoundLog log(suite, groups);
  for (const ComparisonRow& row : log.rows("run")) {
    EXPECT_EQ(row.verdict, "cannot");
    EXPECT_EQ(row.needs, "8 server cores");
  }
}

TEST(Comparisons, WriteAsManyFieldsAsTheHeaderHasNames) {
  const Suite suite = rounds_suite();
  RoundLog log(suite, make_groups(suite));
  fill(log, suite, 2, 1.0, 1.10);
  const std::string header = comparisons_csv_header();
  const auto rows = log.rows("run");
  const std::string line = csv_line(rows.front());
  EXPECT_EQ(std::count(header.begin(), header.end(), ','),
            std::count(line.begin(), line.end(), ','))
      << line;
}

}  // namespace
}  // namespace etude::harness
