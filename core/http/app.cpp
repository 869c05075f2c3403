#include "core/http/app.h"

#include <chrono>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <thread>

#include "core/http/service_time.h"
#include "core/http/syntax.h"

namespace etude::http {

namespace {

constexpr std::string_view kHello = "Hello, World!";
constexpr Nanos kSleepMax_ns = 60 * kSecond;
constexpr std::uint64_t kFanOutMax = 1'024;

void complain(Response& response, std::string_view expected) {
  response.status = Status::bad_request;
  response.body = expected;
}

// Values as text. nlohmann's dump() sets up a serializer for each value, with buffers of its own,
// which costs more than to write a small one; so one serializer is kept, and writes where the text
// is wanted.
class JsonWriter {
 public:
  void append(std::string& text, const nlohmann::json& value) {
    adapter_->text = &text;
    serializer_.dump(value, false, false, 0);
  }

 private:
  struct Adapter final : nlohmann::detail::output_adapter_protocol<char> {
    void write_character(char c) override { text->push_back(c); }
    void write_characters(const char* characters, std::size_t count) override {
      text->append(characters, count);
    }
    std::string* text = nullptr;
  };

  std::shared_ptr<Adapter> adapter_ = std::make_shared<Adapter>();
  nlohmann::detail::serializer<nlohmann::json> serializer_{adapter_, ' '};
};

void answer_json(const Request&, Response& response, ThisFiber&) {
  thread_local JsonWriter writer;  // nothing here suspends
  nlohmann::json message;          // not an initializer list, which nlohmann copies twice
  message["message"] = kHello;
  writer.append(response.text, message);
  response.body = response.text;
  response.content_type = kJson;
}

void answer_echo(const Request& request, Response& response, ThisFiber&) {
  response.body = request.body();
  response.content_type = kBytes;
}

void answer_user(const Request& request, Response& response, ThisFiber&) {
  response.body = request.param(0);
}

void sleep_and_say_so(std::optional<std::uint64_t> length, Nanos unit_ns, Response& response,
                      ThisFiber& fiber) {
  if (!length || *length > static_cast<std::uint64_t>(kSleepMax_ns / unit_ns)) {
    return complain(response, "expected a time to sleep, a whole number, at most a minute\n");
  }
  fiber.sleep_for(static_cast<Nanos>(*length) * unit_ns);
  response.body = "slept\n";
}

void answer_sleep(const Request& request, Response& response, ThisFiber& fiber) {
  const auto us = parse_decimal(request.query_value("us").value_or(""));
  sleep_and_say_so(us, kMicrosecond, response, fiber);
}

void answer_sleep_path(const Request& request, Response& response, ThisFiber& fiber) {
  sleep_and_say_so(parse_decimal(request.param(0)), kMillisecond, response, fiber);
}

void answer_block(const Request& request, Response& response, ThisFiber&) {
  constexpr auto kMax_us = static_cast<std::uint64_t>(kServiceTimeMax_ns / kMicrosecond);
  const auto us = parse_decimal(request.query_value("us").value_or(""));
  if (!us || *us > kMax_us) {
    return complain(response,
                    "expected us=microseconds to block, a whole number, at most 1000000\n");
  }
  // The thread and not the fiber: what people do wrong, offered so that it can be studied.
  std::this_thread::sleep_for(std::chrono::microseconds(*us));
  response.body = "blocked\n";
}

void answer_fan_out(const Request& request, Response& response, ThisFiber& fiber) {
  const auto count = parse_decimal(request.query_value("n").value_or(""));
  const auto us = parse_decimal(request.query_value("us").value_or("0"));
  constexpr auto kMax_us = static_cast<std::uint64_t>(kServiceTimeMax_ns / kMicrosecond);
  if (!count || *count > kFanOutMax || !us || *us > kMax_us) {
    return complain(response, "expected n=fibers (at most 1024) and us=microseconds of each\n");
  }
  const Nanos each_ns = static_cast<Nanos>(*us) * kMicrosecond;
  fiber.fan_out(static_cast<std::uint32_t>(*count),
                [each_ns](ThisFiber&, std::uint32_t) { burn(each_ns); });
  response.body = "joined\n";
}

}  // namespace

void add_benchmark_routes(Router& router, std::uint64_t seed) {
  router.add_static("/plaintext", kPlainText, kHello);
  router.add(Method::get, "/json", answer_json);
  // Shared, since a route's handler is copied; one numbering of draws for all of them.
  const auto source = std::make_shared<ServiceTimeSource>(seed);
  router.add(Method::get, "/spin",
             [source](const Request& request, Response& response, ThisFiber&) {
               const auto distribution = parse_service_time(request);
               if (!distribution) {
                 return complain(response,
                                 "expected us=microseconds and dist=fixed, exp, bimodal, "
                                 "hyperexp, lognormal or pareto with its parameters\n");
               }
               burn(source->draw_ns(*distribution));
               response.body = "spun\n";
             });
  router.add(Method::get, "/sleep", answer_sleep);
  router.add(Method::get, "/block", answer_block);
  router.add(Method::get, "/fanout", answer_fan_out);
  router.add(Method::post, "/echo", answer_echo);
  router.add(Method::get, "/users/{id}", answer_user);
}

void add_echo_routes(Router& router) {
  router.add(Method::get, "/sleep/{ms}", answer_sleep_path);
  router.add_static("/*", kPlainText, "ok\n");
  router.add(Method::post, "/*", answer_echo);
}

}  // namespace etude::http
