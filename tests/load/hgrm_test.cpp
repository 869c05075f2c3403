#include "experiments/load/hgrm.h"

#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <vector>

namespace etude::load {
namespace {

struct Row {
  double value_ms = 0;
  double share = 0;
  std::uint64_t count = 0;
};

std::vector<Row> rows_of(const std::string& text) {
  std::istringstream lines(text);
  std::string line;
  std::vector<Row> rows;
  while (std::getline(lines, line)) {
    Row row;
    if (std::istringstream(line) >> row.value_ms >> row.share >> row.count) rows.push_back(row);
  }
  return rows;
}

TEST(PercentileListing, LooksAsItsReadersExpect) {
  Histogram histogram;
  histogram.record(kMillisecond);
  histogram.record(2 * kMillisecond);
  EXPECT_EQ(to_hgrm(histogram), R"(       Value     Percentile TotalCount 1/(1-Percentile)

       1.000 0.000000000000          1           1.00
       1.000 0.100000000000          1           1.11
       1.000 0.200000000000          1           1.25
       1.000 0.300000000000          1           1.43
       1.000 0.400000000000          1           1.67
       1.000 0.500000000000          1           2.00
       2.000 0.550000000000          2           2.22
       2.000 1.000000000000          2
#[Mean    =        1.500, StdDeviation   =        0.500]
#[Max     =        2.000, Total count    =            2]
#[Buckets =           32, SubBuckets     =         2048]
)");
}

TEST(PercentileListing, NamesTheQuantilesOfTheHistogram) {
  Histogram histogram;
  for (Nanos i = 1; i <= 100'000; ++i) histogram.record(i * kMicrosecond);
  const std::vector<Row> rows = rows_of(to_hgrm(histogram));
  ASSERT_GT(rows.size(), 50U);
  for (const Row& row : rows) {
    const double expected_ms = static_cast<double>(histogram.quantile_ns(row.share)) / 1e6;
    EXPECT_NEAR(row.value_ms, expected_ms, 0.001 * expected_ms);  // a bucket: a share is rounded
    EXPECT_GE(static_cast<double>(row.count), row.share * 100'000 * (1 - 1e-9));
  }
  EXPECT_EQ(rows.back().share, 1);
  EXPECT_EQ(rows.back().count, 100'000U);
}

TEST(PercentileListing, OfNothingHasNoRows) { EXPECT_TRUE(rows_of(to_hgrm(Histogram())).empty()); }

}  // namespace
}  // namespace etude::load
