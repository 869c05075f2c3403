// Goal: a cost in force is one that its file states with a source, and a file with a mistake in it
// is refused in one line that says where. Growth and mixing are checked against values worked out
// by hand.

#include "experiments/simulator/costs.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "core/failure.h"
#include "experiments/simulator/costs_file.h"

namespace etude::sim {
namespace {

const std::string kShipped = ETUDE_SOURCE_DIR "/experiments/simulator/costs";

// A file that is gone with the test.
class ScratchFile {
 public:
  explicit ScratchFile(const std::string& text)
      : path_(testing::TempDir() + "costs_" + std::to_string(::getpid()) + ".json") {
    std::ofstream(path_) << text;
  }
  ~ScratchFile() { std::filesystem::remove(path_); }
  ScratchFile(const ScratchFile&) = delete;
  ScratchFile& operator=(const ScratchFile&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

std::string refusal_of(const std::string& text) {
  const ScratchFile file(text);
  try {
    (void)read_costs(file.path(), kShipped);
  } catch (const Error& mistake) {
    const std::string line = mistake.what();
    EXPECT_TRUE(line.starts_with(file.path())) << line;
    EXPECT_EQ(line.find('\n'), std::string::npos) << line;
    return line.substr(file.path().size());
  }
  return "not refused";
}

TEST(Costs, GrowOverTheLogarithmOfConnectionsAndStayFlatBeyondTheEnds) {
  const Growth growth{{64, 1}, {256, 2}, {1024, 5}};
  EXPECT_DOUBLE_EQ(growth_at({}, 100), 1);
  EXPECT_DOUBLE_EQ(growth_at(growth, 1), 1);
  EXPECT_DOUBLE_EQ(growth_at(growth, 64), 1);
  EXPECT_DOUBLE_EQ(growth_at(growth, 128), 1.5);
  EXPECT_DOUBLE_EQ(growth_at(growth, 256), 2);
  EXPECT_DOUBLE_EQ(growth_at(growth, 512), 3.5);
  EXPECT_DOUBLE_EQ(growth_at(growth, 100'000), 5);
}

TEST(Costs, WithTheClientApartAreMixedByItsShareAtAnyNumberOfConnections) {
  Costs costs;
  costs.visit_ns = 1'000;
  costs.visit_growth = {{100, 1}, {400, 2}};
  costs.apart_visit_ns = 3'000;
  costs.apart_visit_growth = {{200, 1}, {800, 2}};
  costs.request_ns = 10;
  costs.apart_request_ns = 30;
  costs.client_visit_ns = 500;
  costs.apart_client_visit_ns = 700;

  const Costs half = with_client_apart(costs, 0.5);
  EXPECT_DOUBLE_EQ(half.request_ns, 20);
  EXPECT_DOUBLE_EQ(half.client_visit_ns * growth_at(half.client_growth, 300), 600);
  EXPECT_DOUBLE_EQ(half.visit_ns * growth_at(half.visit_growth, 100), 2'000);
  EXPECT_DOUBLE_EQ(half.visit_ns * growth_at(half.visit_growth, 200), 2'250);
  EXPECT_DOUBLE_EQ(half.visit_ns * growth_at(half.visit_growth, 400), 3'250);
  EXPECT_DOUBLE_EQ(half.visit_ns * growth_at(half.visit_growth, 800), 4'000);

  const Costs apart = with_client_apart(costs, 1);
  EXPECT_DOUBLE_EQ(apart.visit_ns * growth_at(apart.visit_growth, 400), 4'500);
  const Costs together = with_client_apart(costs, 0);
  EXPECT_DOUBLE_EQ(together.visit_ns * growth_at(together.visit_growth, 400), 2'000);
}

TEST(Costs, OfAClientApartHoldWhereverServerAndClientUseMoreThanOneCore) {
  EXPECT_EQ(share_apart(true, 1), 0);
  EXPECT_EQ(share_apart(true, 2), 1);
  EXPECT_EQ(share_apart(false, 1), 1);
}

TEST(Costs, ThatNobodyMeasuredAreNothingWithTheClientApart) {
  const Costs none = with_client_apart(Costs{}, 0.5);
  EXPECT_EQ(none.visit_ns, 0);
  EXPECT_TRUE(none.visit_growth.empty());
}

TEST(CostsFiles, ThatAreShippedReadAndHaveASourceForEachNumber) {
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(kShipped)) {
    const CostsFile file = read_costs_file(entry.path(), kShipped);
    EXPECT_EQ(file.costs.name, entry.path().stem());
    EXPECT_FALSE(file.costs.about.empty()) << entry.path();
    EXPECT_FALSE(file.sources.empty()) << entry.path();
    for (const CostEntry& cost : cost_entries()) {
      if (file.costs.*cost.member == Costs{}.*cost.member) continue;
      EXPECT_TRUE(file.sources.contains(std::string(cost.name))) << entry.path() << cost.name;
    }
    ++files;
  }
  EXPECT_GE(files, 2);
}

TEST(CostsFiles, OfZeroChargeNothing) {
  const Costs zero = read_costs("zero", kShipped);
  EXPECT_EQ(zero.name, "zero");
  for (const CostEntry& cost : cost_entries()) {
    EXPECT_EQ(zero.*cost.member, Costs{}.*cost.member) << cost.name;
  }
  EXPECT_TRUE(zero.path_ns.empty());
}

TEST(CostsFiles, OfThePaperChargeAHundredForACheckAndAHundredForASteal) {
  const Costs paper = read_costs("nsdi22", kShipped);
  EXPECT_EQ(paper.steal_attempt_ns, 100);
  EXPECT_EQ(paper.steal_success_ns, 100);
}

TEST(CostsFiles, AreWrittenAsTheyAreRead) {
  CostsFile file;
  file.costs.about = "scripted";
  file.costs.visit_ns = 1'234;
  file.costs.path_ns = {{"/json", 600}};
  file.costs.visit_growth = {{128, 1}, {2'048, 1.5}};
  file.machine = "a machine";
  file.git_rev = "abc";
  file.sources = {{"visit_ns", "run 1"}, {"path_ns./json", "run 2"}, {"visit_growth", "run 3"}};
  const ScratchFile scratch(costs_text(file));
  const CostsFile read = read_costs_file(scratch.path(), kShipped);
  EXPECT_EQ(read.costs.visit_ns, 1'234);
  EXPECT_EQ(read.costs.path_ns, file.costs.path_ns);
  ASSERT_EQ(read.costs.visit_growth.size(), 2U);
  EXPECT_EQ(read.costs.visit_growth[1].connections, 2'048);
  EXPECT_EQ(read.costs.visit_growth[1].factor, 1.5);
  EXPECT_EQ(read.machine, "a machine");
  EXPECT_EQ(read.git_rev, "abc");
  EXPECT_EQ(read.sources, file.sources);
}

TEST(CostsFiles, WithAMistakeAreRefusedInOneLine) {
  EXPECT_EQ(refusal_of(R"({"costs": {}})"), R"(: "about" is missing; add "about")");
  EXPECT_NE(refusal_of(R"({"about": "x", "costs": {"steal_atempt_ns": {}}})")
                .find(R"(costs.steal_atempt_ns: unknown key (did you mean "steal_attempt_ns"?))"),
            std::string::npos);
  EXPECT_EQ(refusal_of(R"({"about": "x", "costs": {"wake_ns": {"value": 1}}})"),
            R"(: costs.wake_ns: "source" is missing; add "source")");
  EXPECT_EQ(refusal_of(R"({"about": "x", "costs": {"wake_ns": {"value": 1, "source": ""}}})"),
            ": costs.wake_ns.source: is empty; say which benchmark, run or paper gave the number");
  EXPECT_EQ(refusal_of(R"({"about": "x", "costs": {"wake_ns": {"value": -1, "source": "y"}}})"),
            ": costs.wake_ns.value: -1 is below 0; write a number from 0 to 3600000000000");
  EXPECT_NE(
      refusal_of(R"({"about": "x", "costs": {}, "path_ns": {"json": {}}})").find("is no path"),
      std::string::npos);
  EXPECT_NE(refusal_of(R"({"about": "x", "costs": {},
                           "visit_growth": {"points": [[9, 1], [9, 2]], "source": "y"}})")
                .find("visit_growth.points[1]: has no more connections than the point before"),
            std::string::npos);
}

TEST(CostsFiles, ThatAreNotThereAreRefusedWithThoseThatAre) {
  try {
    (void)read_costs("nsdi21", kShipped);
    FAIL() << "not refused";
  } catch (const Error& mistake) {
    const std::string line = mistake.what();
    EXPECT_NE(line.find("(did you mean \"nsdi22\"?)"), std::string::npos) << line;
    EXPECT_NE(line.find("zero"), std::string::npos) << line;
  }
}

}  // namespace
}  // namespace etude::sim
