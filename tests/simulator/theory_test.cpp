// Goal: where theory has an exact answer, the simulator gives it.
// Method: theory_case.h. Each comparison also has to be sharp: an answer for service that takes 3 %
// longer lies outside the interval, and the interval of a mean is within 2 % of it. That the test
// sees errors is tested by planting some.

#include <gtest/gtest.h>

#include <cctype>
#include <cstdio>

#include "tests/simulator/theory_case.h"

namespace etude::theory {
namespace {

std::vector<Case> all_cases() {
  std::vector<Case> all;
  for (const auto& part : {open_cases(), sharing_cases(), slice_cases(), closed_cases()}) {
    all.insert(all.end(), part.begin(), part.end());
  }
  return all;
}

std::size_t family() {
  static const std::size_t kQuestions = [] {
    std::size_t questions = 0;
    for (const Case& one : all_cases()) questions += one.questions.size();
    return questions;
  }();
  return kQuestions;
}

void say(const Case& one, const Question& question, const Interval& interval) {
  const double truth = question.answer(1);
  std::printf("%-52s %-18s theory %10.5f, simulated %10.5f +- %5.2f %%, t %6.2f\n",
              one.name.c_str(), std::string(question.what).c_str(), truth, interval.mean,
              100 * interval.half / interval.mean, (interval.mean - truth) / interval.deviation);
}

std::string name_of(const testing::TestParamInfo<Case>& info) {
  std::string name;
  for (const char letter : info.param.name) {
    if (std::isalnum(static_cast<unsigned char>(letter)) != 0) name += letter;
  }
  return name;
}

class Theory : public testing::TestWithParam<Case> {};

TEST_P(Theory, HasTheAnswerInTheInterval) {
  const Case& one = GetParam();
  const Answers answers = replicate(one, family());
  if (one.conserves_work) {
    EXPECT_EQ(answers.idled, 0U) << "replications in which a worker idled beside a task";
  }
  for (std::size_t q = 0; q < one.questions.size(); ++q) {
    const Question& question = one.questions[q];
    const Interval& interval = answers.intervals[q];
    say(one, question, interval);
    if (length_share() < kShareToCompare) continue;
    EXPECT_TRUE(agrees(interval, question, 1))
        << question.what << ": theory " << question.answer(1) << ", simulated " << interval.mean
        << " +- " << interval.half;
    if (length_share() < 1) continue;
    const bool is_mean = question.what.starts_with("mean");
    EXPECT_LE(interval.half, (is_mean ? 0.02 : 0.05) * interval.mean) << question.what;
    if (!question.answer_high) {
      EXPECT_FALSE(agrees(interval, question, kPlanted))
          << question.what << ": an error of 3 % in the service would not be seen";
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Cases, Theory, testing::ValuesIn(all_cases()), name_of);

}  // namespace
}  // namespace etude::theory
