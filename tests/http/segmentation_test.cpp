// Goal: every shape of request gets the answer that the RFC asks for, however its bytes are cut.
// Method: a table of inputs with the expected statuses, sent whole; then each of them cut at every
// place, byte by byte, and at random places, with and without the memo: the same bytes come out.

#include <gtest/gtest.h>

#include "core/http/session.h"
#include "core/random.h"
#include "tests/http/conversation.h"
#include "tests/http/session_cases.h"

namespace etude::http {
namespace {

TEST(Segmentation, AnswersEachShapeAsTheRfcAsks) {
  const Router router = echo_router();
  for (const Case& shape : session_cases()) {
    EXPECT_EQ(summary(converse(router, shape.input, {}, kCaseLimits)), shape.expected)
        << shape.name;
  }
}

TEST(Segmentation, AnswersTheSameHoweverTheBytesAreCut) {
  const Router router = echo_router();
  Rng rng{1};
  for (const Case& shape : session_cases()) {
    const std::string expected = converse(router, shape.input, {}, kCaseLimits).bytes;
    std::vector<std::size_t> everywhere;
    for (std::size_t cut = 1; cut < shape.input.size(); ++cut) {
      everywhere.push_back(cut);
      ASSERT_EQ(converse(router, shape.input, {cut}, kCaseLimits).bytes, expected)
          << shape.name << " cut at " << cut;
    }
    ASSERT_EQ(converse(router, shape.input, everywhere, kCaseLimits).bytes, expected)
        << shape.name << " byte by byte";
    for (int round = 0; round < 20; ++round) {
      std::vector<std::size_t> cuts;
      for (const std::size_t cut : everywhere) {
        if (rng.below(8) == 0) cuts.push_back(cut);
      }
      ASSERT_EQ(converse(router, shape.input, cuts, kCaseLimits).bytes, expected)
          << shape.name << " at " << cuts.size() << " random places, round " << round;
    }
  }
}

TEST(Segmentation, AnswersTheSameWithoutTheMemo) {
  const Router router = echo_router();
  for (const Case& shape : session_cases()) {
    const std::string input = kGet + kGet + shape.input;
    EXPECT_EQ(converse(router, input, {}, kCaseLimits, true).bytes,
              converse(router, input, {}, kCaseLimits, false).bytes)
        << shape.name;
  }
}

// The memo is asked only where a request starts: an empty line that came before on its own is part
// of no head, and is forgotten with the request behind it all the same.
TEST(Segmentation, CountsEmptyLinesForEachRequestAnew) {
  const Router router = echo_router();
  std::string input;
  std::vector<std::size_t> cuts;
  std::string expected;
  for (int request = 0; request < 20; ++request) {
    input += "\r\n";
    cuts.push_back(input.size());
    input += kGet;
    cuts.push_back(input.size());
    expected += request == 0 ? "200" : " 200";
  }
  EXPECT_EQ(summary(converse(router, input)), expected);
  EXPECT_EQ(summary(converse(router, input, cuts)), expected);
}

// Byte soup: valid requests with a few bytes changed.
TEST(Segmentation, AnswersDamagedBytesTheSameHoweverTheyAreCut) {
  const Router router = echo_router();
  Rng rng{2};
  const std::vector<Case> shapes = session_cases();
  constexpr int kRounds = 4'000;
  for (int round = 0; round < kRounds; ++round) {
    std::string input = shapes[rng.below(static_cast<std::uint32_t>(shapes.size()))].input + kGet;
    constexpr std::string_view kSpice = "\r\n\t :;,\"/0aG\xff";
    for (std::uint32_t i = 0; i <= rng.below(3); ++i) {
      const std::uint32_t at = rng.below(static_cast<std::uint32_t>(input.size()));
      input[at] = kSpice[rng.below(kSpice.size())];
    }
    const std::string whole = converse(router, input, {}, kCaseLimits).bytes;
    std::vector<std::size_t> cuts;
    for (std::size_t cut = 1; cut < input.size(); ++cut) {
      if (rng.below(4) == 0) cuts.push_back(cut);
    }
    ASSERT_EQ(converse(router, input, cuts, kCaseLimits).bytes, whole)
        << testing::PrintToString(input);
    for (const ParsedResponse& response : parse_responses(whole)) {
      ASSERT_GE(response.status, 100) << testing::PrintToString(input);
    }
  }
}
}  // namespace
}  // namespace etude::http
