#include "experiments/harness/compared_sets.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "core/failure.h"
#include "experiments/harness/comparisons.h"
#include "experiments/harness/group.h"
#include "tests/harness/suites.h"

namespace etude::harness {
namespace {

using Levels = std::vector<std::string>;

// round and square at 256 and 1,024 connections of plaintext, and the bare server.
Json with_sets(const char* sets) {
  Json document = small_suite();
  document.erase("blocks");
  document["design"] = "auto";
  document["factors"]["subject"] = Json::parse(R"(["etude", "ceiling"])");
  document["factors"]["workload"] = "plaintext";
  document["compare"]["sets"] = Json::parse(sets);
  return document;
}

Levels levels_of(const Group& group) {
  Levels levels;
  for (const GroupCell& cell : group.cells) levels.push_back(cell.level + cell.cell.label);
  return levels;
}

TEST(ComparedSets, HoldCellsThatDifferInSeveralFactors) {
  const Suite suite = parse_small(with_sets(R"([
    {"baseline": ["scheduler=round", "connections=1024"], "only": []},
    {"baseline": ["connections=256"], "only": ["scheduler=square", "subject=etude"]}])"));
  const std::vector<Group> groups = make_groups(suite);
  ASSERT_EQ(groups.size(), 2U);
  EXPECT_EQ(levels_of(groups[0]).front(), "round connections=1024");
  EXPECT_EQ(groups[0].cells.size(), 6U);
  EXPECT_EQ(groups[0].factor, "connections+subject+scheduler");
  EXPECT_EQ(levels_of(groups[1]), (Levels{"connections=256", "connections=1024"}));
  EXPECT_EQ(groups[1].factor, "connections");
}

// A pick of the scheduler says nothing of a server without one.
TEST(ComparedSets, KeepWhatAPickedFactorDoesNotApplyTo) {
  const Suite suite = parse_small(with_sets(R"([
    {"baseline": ["scheduler=round"], "only": ["scheduler=round", "connections=256"]}])"));
  const std::vector<Group> groups = make_groups(suite);
  ASSERT_EQ(groups.size(), 1U);
  EXPECT_EQ(groups[0].cells.size(), 2U);
  EXPECT_EQ(groups[0].comparisons.at(0).control, Control::bare);
}

// In a duet the heavier load would take more of the cores than the lighter one.
TEST(ComparedSets, PairSidesThatDifferInTheirLoad) {
  const Suite suite = parse_small(with_sets(R"([
    {"baseline": ["connections=256"], "only": ["scheduler=square", "subject=etude"]},
    {"baseline": ["scheduler=round"], "only": ["connections=256", "subject=etude"]}])"));
  const std::vector<Group> groups = make_groups(suite);
  ASSERT_EQ(groups.size(), 2U);
  EXPECT_EQ(groups[0].design, Design::paired);
  EXPECT_EQ(groups[1].design, Design::duet);
}

TEST(ComparedSets, CompareEachSecondCopyWithItsOwnFirst) {
  Json document = with_sets(R"([
    {"baseline": ["scheduler=round", "connections=256"],
     "only": ["scheduler=round", "subject=etude"]}])");
  document["aa"] = true;
  const Group group = make_groups(parse_small(document)).at(0);
  std::size_t pairs = 0;
  for (const Comparison& comparison : group.comparisons) {
    if (comparison.control != Control::aa) continue;
    ++pairs;
    const Cell& first = group.cells[comparison.baseline].cell;
    const Cell& second = group.cells[comparison.candidate].cell;
    EXPECT_EQ(first.connections, second.connections);
    EXPECT_EQ(first.label + second.label, "AB");
  }
  EXPECT_EQ(pairs, 2U);
}

TEST(ComparedSets, NameTheSchedulerThatBothSidesHave) {
  const Suite suite = parse_small(with_sets(R"([
    {"baseline": ["connections=256"], "only": ["scheduler=square", "subject=etude"]},
    {"baseline": ["scheduler=round"], "only": ["connections=256", "subject=etude"]}])"));
  const RoundLog log(suite, make_groups(suite));
  std::set<std::string> schedulers;
  for (const ComparisonRow& row : log.rows("run")) schedulers.insert(row.factor + row.scheduler);
  EXPECT_EQ(schedulers, (std::set<std::string>{"connectionssquare:side=4", "scheduler"}));
}

TEST(ComparedSets, AreRefusedWhenTheyCompareNothing) {
  for (const char* sets : {R"([{"baseline": ["connections=999"], "only": []}])",
                           R"([{"baseline": ["connections=256"],
                                "only": ["connections=256", "scheduler=round",
                                         "subject=etude"]}])"}) {
    const Suite suite = parse_small(with_sets(sets));
    try {
      refuse_empty_sets(suite);
      ADD_FAILURE() << "accepted: " << sets;
    } catch (const Error& error) {
      EXPECT_NE(std::string(error.what()).find("compare.sets[0]"), std::string::npos);
    }
  }
  EXPECT_THROW(refuse_empty_sets(
                   parse_small(with_sets(R"([{"baseline": ["conections=256"], "only": []}])"))),
               Error);
}

TEST(ComparedSets, StandInPlaceOfOneFactor) {
  Json document = with_sets(R"([{"baseline": ["connections=256"], "only": []}])");
  document["compare"]["factor"] = "scheduler";
  EXPECT_THROW(parse_small(document), Error);
}

}  // namespace
}  // namespace etude::harness
