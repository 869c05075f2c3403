// The small parts one by one: dates, routes, prepared responses, output, workspaces.

#include <gtest/gtest.h>

#include <ctime>

#include "core/http/date.h"
#include "core/http/response_writer.h"
#include "core/http/router.h"
#include "core/http/syntax.h"
#include "core/http/workspace.h"
#include "core/random.h"
#include "tests/http/conversation.h"

namespace etude::http {
namespace {

std::string date_of(std::int64_t unix_seconds) {
  std::string text(kDateBytes, '?');
  format_date(unix_seconds, text.data());
  return text;
}

TEST(Date, AgreesWithTheCLibrary) {
  Rng rng{1};
  constexpr std::uint32_t kUntil2106 = 0xffff'ffffU;
  for (int round = 0; round < 10'000; ++round) {
    const std::time_t seconds = rng.below(kUntil2106);
    std::tm parts;
    gmtime_r(&seconds, &parts);
    std::array<char, kDateBytes + 1> expected;
    std::strftime(expected.data(), expected.size(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
    ASSERT_EQ(date_of(seconds), expected.data()) << seconds;
  }
}

TEST(Syntax, DecimalIsDigitsThatFit) {
  EXPECT_EQ(parse_decimal("18446744073709551615"), 0xffff'ffff'ffff'ffffU);
  for (const char* text : {"", "18446744073709551616", "99999999999999999999999", "-1", "1 "}) {
    EXPECT_EQ(parse_decimal(text), std::nullopt) << text;
  }
}

TEST(Syntax, AVectorCheckOfValuesAgreesWithTheTable) {
  for (unsigned c = 0; c < 256; ++c) {
    const std::string text = "abc" + std::string(1, static_cast<char>(c)) + "def";
    EXPECT_EQ(is_field_value(text), all_are(text, kFieldValue)) << c;
  }
}

Router three_routes() {
  const Handler none = [](const Request&, Response&, ThisFiber&) {};
  Router router;
  router.add_static("/a", kPlainText, "x");
  router.add(Method::get, "/a/{id}", none);
  router.add(Method::post, "/*", none);
  return router;
}

TEST(Router, TheFirstRouteThatFitsPathAndMethodWins) {
  const Router router = three_routes();
  const auto pattern = [&router](Method method, std::string_view path) {
    const RouteMatch match = router.find(method, path, 0);
    return match.route == nullptr ? std::string{"none"} : match.route->pattern;
  };
  EXPECT_EQ(pattern(Method::get, "/a"), "/a");
  EXPECT_EQ(pattern(Method::head, "/a"), "/a");
  EXPECT_EQ(pattern(Method::get, "/a/7"), "/a/{id}");
  EXPECT_EQ(pattern(Method::get, "/a/"), "none");
  EXPECT_EQ(pattern(Method::get, "/a/7/"), "none");
  EXPECT_EQ(pattern(Method::get, "/aa"), "none");
  EXPECT_EQ(pattern(Method::post, "/a/7"), "/*");
}

TEST(Router, ParametersAreCountedFromTheHead) {
  const RouteMatch match = three_routes().find(Method::get, "/a/seven", 4);
  EXPECT_EQ(match.params[0].at, 7);
  EXPECT_EQ(match.params[0].bytes, 5);
}

TEST(Router, TellsWhatAPathWouldTake) {
  const Router router = three_routes();
  EXPECT_EQ(router.find(Method::put, "/a", 0).allowed,
            bit(Method::get) | bit(Method::head) | bit(Method::post));
  EXPECT_EQ(router.find(Method::get, "/b", 0).allowed, bit(Method::post));
  std::string fields;
  append_allow(fields, router.methods());
  EXPECT_EQ(fields, "Allow: GET, HEAD, POST\r\n");
}

TEST(PreparedResponse, IsWhatTheWriterWouldWrite) {
  DateText date;
  date.refresh(784'111'777);
  std::string text;
  for (const BodyPart part : {BodyPart::sent, BodyPart::withheld}) {
    StringSink prepared_sink;
    StringSink written_sink;
    std::array<char, 1'000> buffer;
    Output prepared{buffer, prepared_sink};
    PreparedResponse{kJson, "[1]"}.append_to(prepared, date, part);
    prepared.flush();
    Output written{buffer, written_sink};
    append_response(written, {.text = text, .content_type = kJson, .body = "[1]"}, date,
                    Persistence::implied, part);
    written.flush();
    EXPECT_EQ(prepared_sink.text, written_sink.text);
  }
}

TEST(Output, HoldsNoMoreThanItsBufferAndLosesNothing) {
  StringSink sink;
  std::array<char, 10> buffer;
  Output out{buffer, sink};
  std::string expected;
  for (std::size_t bytes = 0; bytes <= 25; ++bytes) {
    const std::string piece(bytes, static_cast<char>('a' + bytes));
    out.append(piece);
    expected += piece;
  }
  EXPECT_TRUE(out.flush());
  EXPECT_EQ(sink.text, expected);
}

TEST(Output, DropsEverythingOnceTheSinkHasFailed) {
  StringSink sink;
  std::array<char, 4> buffer;
  Output out{buffer, sink};
  sink.fails = true;
  out.append("abc");
  EXPECT_FALSE(out.flush());
  sink.fails = false;
  out.append("abcdefgh");
  EXPECT_FALSE(out.flush());
  EXPECT_EQ(sink.text, "");
}

TEST(WorkspacePool, LendsTheWarmestAndTakesBackWhereTheFiberIs) {
  WorkspacePool pool{2};
  FakeFiber fiber;
  Workspace* first = nullptr;
  {
    const WorkspacePool::Lease lease{pool, fiber};
    first = &*lease;
    fiber.current = WorkerId{1};
  }
  const WorkspacePool::Lease on_one{pool, fiber};
  EXPECT_EQ(&*on_one, first);
  fiber.current = WorkerId{0};
  const WorkspacePool::Lease on_zero{pool, fiber};
  EXPECT_NE(&*on_zero, first);
  fiber.current = WorkerId{1};
}

TEST(WorkspacePool, GivesBackWhatNobodyNeededForALongTime) {
  WorkspacePool pool{1};
  const FakeFiber fiber;
  {
    std::vector<std::unique_ptr<WorkspacePool::Lease>> storm;
    while (storm.size() < 32) storm.push_back(std::make_unique<WorkspacePool::Lease>(pool, fiber));
  }
  const auto lend_often = [&] {
    for (std::uint32_t nth = 0; nth < WorkspacePool::kTrimEvery; ++nth) {
      const WorkspacePool::Lease lease{pool, fiber};
    }
  };
  lend_often();
  EXPECT_EQ(pool.kept(WorkerId{0}), 32U) << "they were needed within that time";
  lend_often();
  EXPECT_EQ(pool.kept(WorkerId{0}), WorkspacePool::kKeptMin + 1);
}

}  // namespace
}  // namespace etude::http
