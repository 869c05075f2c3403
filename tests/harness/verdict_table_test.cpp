// Goal: the closing table tells what was found first, fits 80 columns and 20 lines, and loses no
// comparison silently.
// Method: rows made by hand.

#include "experiments/harness/verdict_table.h"

#include <gtest/gtest.h>

#include <sstream>

namespace etude::harness {
namespace {

ComparisonRow row_of(const std::string& candidate, std::int64_t connections, double ratio) {
  ComparisonRow row;
  row.metric = "cpu";
  row.design = "duet";
  row.baseline = "round";
  row.candidate = candidate;
  row.workload = "plaintext";
  row.connections = connections;
  row.pipeline = 16;
  row.arrival = "closed";
  row.pairs = 12;
  row.ratio = ratio;
  row.low = ratio - 0.006;
  row.high = ratio + 0.006;
  row.margin = 0.02;
  return row;
}

ComparisonRow differing(const std::string& candidate, std::int64_t connections, double ratio) {
  ComparisonRow row = row_of(candidate, connections, ratio);
  row.verdict = "differs";
  row.direction = ratio < 1 ? "cheaper" : "dearer";
  return row;
}

ComparisonRow equivalent(const std::string& candidate, std::int64_t connections) {
  ComparisonRow row = row_of(candidate, connections, 1.001);
  row.verdict = "equivalent";
  return row;
}

ComparisonRow undecided(const std::string& candidate, std::int64_t connections) {
  ComparisonRow row = row_of(candidate, connections, 1.01);
  row.verdict = "undecided";
  row.reason = "the interval holds 1 and values beyond the margin";
  row.pairs_more = 14;
  row.seconds_more = 35;
  return row;
}

std::vector<std::string> lines_of(const std::vector<ComparisonRow>& rows,
                                  const TableForm& form = {}) {
  std::istringstream text(verdict_table(rows, form));
  std::vector<std::string> lines;
  for (std::string line; std::getline(text, line);) lines.push_back(line);
  return lines;
}

std::size_t line_with(const std::vector<std::string>& lines, const std::string& part) {
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (lines[i].find(part) != std::string::npos) return i;
  }
  ADD_FAILURE() << "no line holds '" << part << "'";
  return lines.size();
}

TEST(VerdictTable, TellsAFindingWithItsRatioAndInterval) {
  EXPECT_EQ(lines_of({differing("square", 256, 1.101)}),
            (std::vector<std::string>{
                "Server CPU per request against round: 1 of 1 differ, 0 equivalent",
                "  dearer  square  +10.1 % [+9.5, +10.7]  256 conn., plaintext x16"}));
}

TEST(VerdictTable, TellsFindingsBeforeTheUndecidedAndControlsLast) {
  ComparisonRow control = equivalent("round", 256);
  control.control = "aa";
  ComparisonRow impossible = row_of("square", 4'096, 1);
  impossible.verdict = "cannot";
  impossible.needs = "8 server cores";
  const auto lines = lines_of({control, undecided("oval", 256), impossible,
                               equivalent("square", 256), differing("star", 256, 0.9)});
  const std::vector<std::string> in_order{"cheaper  star",
                                          "equivalent within 2 %: square",
                                          "Undecided: 1 of 4, about 35 s more",
                                          "cpu, oval; 256 conn., plaintext x16: about 14 more",
                                          "Cannot be asked on this machine: 1 of 4",
                                          "1: 8 server cores",
                                          "Controls: round twice: 1 of 1 equivalent"};
  std::size_t last = 0;
  for (const std::string& part : in_order) {
    const std::size_t found = line_with(lines, part);
    EXPECT_LT(last, found) << part;
    last = found;
  }
  EXPECT_EQ(last, lines.size() - 1);
}

// Where acceptors are compared under two schedulers, a finding says under which.
TEST(VerdictTable, NamesTheSchedulerWhereSomethingElseIsCompared) {
  ComparisonRow under_round = differing("square", 256, 1.101);
  ComparisonRow under_star = differing("square", 256, 1.101);
  under_round.scheduler = "round";
  under_star.scheduler = "star";
  const auto lines = lines_of({under_round, under_star});
  EXPECT_EQ(lines[1], "  dearer  square  +10.1 % [+9.5, +10.7]  256 conn., plaintext x16, round");
}

TEST(VerdictTable, GathersWhatDiffersInTheConnectionsAlone) {
  const auto lines =
      lines_of({differing("square", 256, 1.08), differing("square", 1'024, 1.12),
                differing("square", 16'384, 1.10), equivalent("star", 256),
                equivalent("star", 1'024), equivalent("oval", 256), equivalent("oval", 1'024)});
  EXPECT_EQ(lines[1], "  dearer  square  +8.0 % to +12.0 %  256-16,384 conn., plaintext x16");
  EXPECT_EQ(lines[2], "  equivalent within 2 %: oval and star; 256, 1,024 conn., plaintext x16");
  EXPECT_EQ(lines.size(), 3U);
}

TEST(VerdictTable, DoesNotCallARangeWhatHasAGap) {
  const auto lines = lines_of({differing("square", 256, 1.08), differing("square", 1'024, 1.12),
                               differing("square", 16'384, 1.10), equivalent("square", 4'096)});
  EXPECT_NE(lines[1].find("256, 1,024, 16,384 conn."), std::string::npos) << lines[1];
}

TEST(VerdictTable, NamesASettingOnlyWhereItVaries) {
  ComparisonRow two = differing("square", 256, 1.2);
  two.cores = 2;
  const auto lines = lines_of({two, differing("square", 256, 1.1)});
  EXPECT_NE(lines[1].find("plaintext x16, 2 cores"), std::string::npos) << lines[1];
  EXPECT_NE(lines[2].find("plaintext x16, 1 core"), std::string::npos) << lines[2];
}

TEST(VerdictTable, TellsTheLargestChangeFirst) {
  const auto lines =
      lines_of({differing("a", 1, 1.05), differing("b", 1, 0.5), differing("c", 1, 1.2)});
  EXPECT_NE(lines[1].find(" b "), std::string::npos);
  EXPECT_NE(lines[2].find(" c "), std::string::npos);
}

TEST(VerdictTable, FitsItsLinesAndColumnsWhateverThereIs) {
  std::vector<ComparisonRow> rows;
  for (int i = 0; i < 60; ++i) {
    const std::string name = "a-scheduler-with-a-long-name-" + std::to_string(i % 20);
    rows.push_back(i % 3 == 0   ? differing(name, 16'384 + i, 1.1 + i)
                   : i % 3 == 1 ? equivalent(name, 16'384 + i)
                                : undecided(name, 16'384 + i));
    rows.back().workload = "workload-" + std::to_string(i);
  }
  const auto lines = lines_of(rows, {.columns = 80, .colour = false, .lines_max = 20});
  EXPECT_EQ(lines.size(), 20U);
  for (const std::string& line : lines) EXPECT_LE(line.size(), 80U) << line;
  EXPECT_NE(lines.back().find("more lines: see comparisons.csv"), std::string::npos);
  line_with(lines, "20 of 60 differ, 20 equivalent");
  line_with(lines, "Undecided: 20 of 60");
}

TEST(VerdictTable, SaysWhenAControlMoved) {
  ComparisonRow control = differing("round", 256, 1.03);
  control.control = "aa";
  const auto lines = lines_of({control, undecided("square", 256)});
  EXPECT_NE(lines.back().find("0 of 1 equivalent, 1 moved"), std::string::npos) << lines.back();
}

TEST(VerdictTable, AnswersARunThatAskedForTheControlAlone) {
  ComparisonRow control = equivalent("round", 256);
  control.control = "aa";
  EXPECT_NE(lines_of({control})[1].find("equivalent within 2 %: round again"), std::string::npos);
}

TEST(VerdictTable, ColoursTheWordsOnlyWhenAsked) {
  EXPECT_EQ(verdict_table({differing("square", 256, 1.1)}, {}).find('\x1b'), std::string::npos);
  const std::string coloured = verdict_table({differing("square", 256, 1.1)}, {.colour = true});
  EXPECT_NE(coloured.find("\x1b[31mdearer\x1b[0m"), std::string::npos);
}

TEST(VerdictWords, TellOneComparisonInOneLine) {
  EXPECT_EQ(verdict_line(differing("square", 16'384, 1.01)),
            "square : round, plaintext x16, 16,384 connections: server CPU per request +1.0 % "
            "[+0.4, +1.6], dearer (12 pairs)");
  EXPECT_EQ(verdict_line(undecided("square", 256)),
            "square : round, plaintext x16, 256 connections: server CPU per request +1.0 % "
            "[+0.4, +1.6], undecided: about 14 more pairs, 35 s (12 pairs)");
  ComparisonRow nothing = row_of("square", 256, 1);
  nothing.verdict = "undecided";
  nothing.ratio.reset();
  nothing.pairs = 0;
  nothing.pairs_void = 6;
  nothing.void_reasons = "a side gave no result (6)";
  EXPECT_EQ(what_it_takes(nothing), "no pair counts: a side gave no result (6)");
}

TEST(VerdictWords, GiveNoSignToWhatRoundsToNothingAndAFactorToWhatIsLarge) {
  EXPECT_EQ(percent_text(1.0004), "0.0 %");
  EXPECT_EQ(percent_text(0.9996), "0.0 %");
  EXPECT_EQ(percent_text(0.75), "-25.0 %");
  EXPECT_EQ(percent_text(2.414), "x2.41");
}

}  // namespace
}  // namespace etude::harness
