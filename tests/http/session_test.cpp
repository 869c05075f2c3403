// What a session does with requests beyond telling good from bad: bodies, fields, handlers, dates.

#include "core/http/session.h"

#include <gtest/gtest.h>

#include <stdexcept>
#include <utility>
#include <vector>

#include "tests/http/conversation.h"
#include "tests/http/session_cases.h"

namespace etude::http {
namespace {

TEST(Session, EchoesBodiesByteForByte) {
  const Router router = echo_router();
  const std::string bytes("a\0\r\n\xff", 5);
  const auto answers =
      parse_responses(converse(router, post("Content-Length: 5\r\n", bytes) +
                                           post("Transfer-Encoding: chunked\r\n",
                                                "2\r\n" + bytes.substr(0, 2) + "\r\n3\r\n" +
                                                    bytes.substr(2) + "\r\n0\r\nX: 1\r\n\r\n"))
                          .bytes);
  ASSERT_EQ(answers.size(), 2U);
  EXPECT_EQ(answers[0].body, bytes);
  EXPECT_EQ(answers[1].body, bytes);
}

TEST(Session, EqualHeadsMayHaveDifferentBodies) {
  const std::string head = "Content-Length: 5\r\n";
  const Answer answer = converse(echo_router(), post(head, "hello") + post(head, "world") + kGet);
  const auto answers = parse_responses(answer.bytes);
  ASSERT_EQ(answers.size(), 3U);
  EXPECT_EQ(answers[0].body, "hello");
  EXPECT_EQ(answers[1].body, "world");
}

TEST(Session, EchoesABodyLargerThanAnyBuffer) {
  const Router router = echo_router();
  std::string body;
  for (int i = 0; i < 200'000; ++i) body += std::to_string(i);
  const std::string input =
      post("Content-Length: " + std::to_string(body.size()) + "\r\n", body) + kGet;
  const auto answers =
      parse_responses(converse(router, input, {100, 40'000}, {.body_bytes = 2'000'000}).bytes);
  ASSERT_EQ(answers.size(), 2U);
  EXPECT_TRUE(answers[0].body == body);
}

TEST(Session, HeadHasTheFieldsOfGetAndNoBody) {
  const Router router = echo_router();
  const std::string head = "HEAD /x HTTP/1.1\r\n" + kHost + "\r\n";
  const Answer answer = converse(router, head + head);
  EXPECT_EQ(summary(answer, true), "200 200");
  EXPECT_EQ(parse_responses(converse(router, kGet).bytes)[0].head,
            parse_responses(answer.bytes, true)[0].head);
}

TEST(Session, HeadHasNoBodyWhateverIsWrongWithIt) {
  const Router router = echo_router();
  const std::vector<std::pair<std::string, std::string>> wrong = {
      {"HEAD / HTTP/2.0\r\n\r\n", "505"},
      {"HEAD / HTTP/1.1\n\n", "400"},
      {"HEAD /\r\n", "400"},
      {"HEAD x HTTP/1.1\r\n\r\n", "400"},
      {"HEAD / HTTP/1.1\r\n\r\n", "400"},
      {"HEAD / HTTP/1.1\r\n" + kHost + "Expect: tea\r\n\r\n", "417"},
      {"HEAD / HTTP/1.1\r\n" + kHost + "Content-Length: 2000000\r\n\r\n", "413"},
      {"HEAD / HTTP/1.1\r\n" + std::string(20'000, 'X') + "\r\n\r\n", "431"},
      {"HEAD /" + std::string(9'000, 'x'), "414"},
  };
  for (const auto& [input, status] : wrong) {
    const Answer answer = converse(router, input);
    EXPECT_EQ(summary(answer, true), status + " close") << input.substr(0, 40);
    EXPECT_TRUE(answer.bytes.ends_with("\r\n\r\n")) << input.substr(0, 40);
  }
}

TEST(Session, ErrorsAndOptionsTellWhatIsAllowed) {
  const Router router = echo_router();
  for (const char* method : {"DELETE", "OPTIONS"}) {
    const auto answers =
        parse_responses(converse(router, line(std::string{method} + " /x HTTP/1.1")).bytes);
    ASSERT_EQ(answers.size(), 1U);
    EXPECT_EQ(answers[0].field("Allow"), "GET, HEAD, POST, OPTIONS") << method;
  }
}

TEST(Session, SaysHowTheConnectionGoesOn) {
  const Router router = echo_router();
  const auto connection = [&router](const std::string& input) {
    return parse_responses(converse(router, input).bytes)[0].field("Connection");
  };
  EXPECT_EQ(connection(kGet), std::nullopt);
  EXPECT_EQ(connection(get("Connection: close\r\n")), "close");
  EXPECT_EQ(connection("GET / HTTP/1.0\r\n\r\n"), "close");
  EXPECT_EQ(connection("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n"), "keep-alive");
  EXPECT_EQ(connection(get("X 1\r\n")), "close");
}

TEST(Session, DateIsLive) {
  const Router router = echo_router();
  Conversation conversation{router};
  conversation.send(kGet);
  ++conversation.wall_clock.seconds;
  conversation.send(kGet);
  const auto answers = parse_responses(conversation.sink.text);
  EXPECT_EQ(answers[0].field("Date"), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(answers[1].field("Date"), "Sun, 06 Nov 1994 08:49:38 GMT");
}

TEST(Session, DrainSaysCloseWithTheLastAnswerThatIsDue) {
  const Router router = echo_router();
  Conversation conversation{router};
  conversation.draining = true;
  conversation.send(kGet + kGet + kGet);
  const auto answers = parse_responses(conversation.sink.text);
  ASSERT_EQ(answers.size(), 3U);
  EXPECT_EQ(answers[1].field("Connection"), std::nullopt);
  EXPECT_EQ(answers[2].field("Connection"), "close");
  EXPECT_TRUE(conversation.closing);
}

TEST(Session, AThrowingHandlerGives500AndTheConnectionGoesOn) {
  Router router;
  router.add(Method::get, "/x", [](const Request&, Response& response, ThisFiber&) {
    response.text = "half an answer";
    throw std::runtime_error{"no"};
  });
  const Answer answer = converse(router, kGet + kGet);
  EXPECT_EQ(summary(answer), "500 500");
  EXPECT_EQ(answer.bytes.find("half"), std::string::npos);
}

TEST(Session, AnswersThatAreReadyGoOutBeforeAHandlerSuspends) {
  Router router;
  Conversation* conversation = nullptr;
  std::string seen_before;
  add_echo_routes(router);
  Conversation talk{router};
  conversation = &talk;
  talk.fiber.on_suspend = [&] { seen_before = conversation->sink.text; };
  talk.send(kGet + line("GET /sleep/5 HTTP/1.1"));
  EXPECT_EQ(talk.fiber.slept_ns, 5 * kMillisecond);
  EXPECT_EQ(parse_responses(seen_before).size(), 1U);
  EXPECT_EQ(parse_responses(talk.sink.text).size(), 2U);
}

TEST(Session, AHandlerReadsWhatWasSent) {
  Router router;
  std::string seen;
  router.add(Method::get, "/a/{b}/c/{d}", [&seen](const Request& request, Response&, ThisFiber&) {
    seen = std::string{request.param(0)} + "|" + std::string{request.param(1)} + "|" +
           std::string{request.query_value("y").value_or("none")} + "|" +
           std::string{request.query_value("z").value_or("none")} + "|" +
           std::string{request.field("x-name").value_or("none")} + "|" +
           std::string{request.path()};
  });
  for (const std::string target : {"/a/1/c/%32?x=1&y=&y=2", "http://h/a/1/c/%32?x=1&y=&y=2"}) {
    converse(router, "GET " + target + " HTTP/1.1\r\n" + kHost + "X-NAME: \tv w \r\n\r\n");
    EXPECT_EQ(seen, "1|%32||none|v w|/a/1/c/%32") << target;
  }
}

}  // namespace
}  // namespace etude::http
