// Goal: a request allocates nothing in steady state; a JSON request only what nlohmann needs.
// Method: count every call of operator new between two marks.

#include <gtest/gtest.h>

#include <atomic>
#include <nlohmann/json.hpp>

#include "core/http/app.h"
#include "tests/http/conversation.h"
#include "tests/support/counting_new.h"

namespace etude::http {
namespace {

class CountingSink final : public ByteSink {
 public:
  bool write(std::span<const char> bytes) override {
    sent += bytes.size();
    return true;
  }
  std::size_t sent = 0;
};

// Sends `batch` `times` times as one read each, and counts.
std::uint64_t allocations_of(std::string_view batch, std::uint32_t times, bool remember_heads) {
  Router router;
  add_benchmark_routes(router, 1);
  const Limits limits;
  const HostWallClock wall_clock;
  const std::atomic<bool> draining = false;
  WorkspacePool pool{1};
  FakeFiber fiber;
  CountingSink sink;
  Session session{{.router = router,
                   .limits = limits,
                   .wall_clock = wall_clock,
                   .draining = draining,
                   .remember_heads = remember_heads}};
  const auto send = [&] {
    const WorkspacePool::Lease lease{pool, fiber};
    Output out{(*lease).output, sink};
    session.reader().attach((*lease).input);
    std::memcpy(session.reader().room().data(), batch.data(), batch.size());
    session.reader().received(batch.size());
    while (session.advance(*lease, out, fiber, 64) == Session::Progress::turn_over) {
    }
    out.flush();
    session.reader().detach();
  };
  send();  // warms up
  const std::uint64_t before = allocations_so_far();
  for (std::uint32_t i = 0; i < times; ++i) send();
  const std::uint64_t count = allocations_so_far() - before;
  EXPECT_GT(sink.sent, batch.size() * times);
  return count;
}

std::string repeated(std::string_view request, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) all += request;
  return all;
}

constexpr int kPipelined = 16;
constexpr std::uint32_t kBatches = 625;  // 10,000 requests

TEST(Allocation, NoneForPlaintext) {
  const std::string batch = repeated("GET /plaintext HTTP/1.1\r\nHost: a\r\n\r\n", kPipelined);
  EXPECT_EQ(allocations_of(batch, kBatches, true), 0U);
  EXPECT_EQ(allocations_of(batch, kBatches, false), 0U);
}

TEST(Allocation, NoneForAnEchoOfAKnownLength) {
  const std::string batch =
      repeated("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello", kPipelined);
  EXPECT_EQ(allocations_of(batch, kBatches, true), 0U);
}

TEST(Allocation, NoneForAParameterOrAnError) {
  EXPECT_EQ(allocations_of(repeated("GET /users/42 HTTP/1.1\r\nHost: a\r\n\r\n"
                                    "GET /none HTTP/1.1\r\nHost: a\r\n\r\n",
                                    kPipelined),
                           kBatches, true),
            0U);
}

TEST(Allocation, JsonOnlyWhatTheLibraryNeeds) {
  const std::uint64_t before = allocations_so_far();
  {
    nlohmann::json message;
    message["message"] = "Hello, World!";
    EXPECT_FALSE(message.dump().empty());
  }
  const std::uint64_t of_library = allocations_so_far() - before;
  const std::string batch = repeated("GET /json HTTP/1.1\r\nHost: a\r\n\r\n", kPipelined);
  EXPECT_LE(allocations_of(batch, kBatches, true), of_library * kPipelined * kBatches);
}

}  // namespace
}  // namespace etude::http
