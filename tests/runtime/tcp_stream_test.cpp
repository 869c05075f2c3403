// Goal: a stream sees every end of its connection, also one that makes no edge of its own.
// Method: a runtime on one worker; what the client does is done before the server first looks.

#include "core/runtime/tcp_stream.h"

#include <gtest/gtest.h>

#include <chrono>
#include <future>

#include "core/runtime/runtime.h"
#include "schedulers/registry.h"
#include "tests/support/client.h"

namespace etude {
namespace {

constexpr Nanos kNever_ns = TimerHeap::kNever_ns;

// Reads to the end, without ever writing. Returns how many bytes there were.
std::size_t read_all(TcpStream& stream) {
  char room[256];
  std::size_t bytes = 0;
  while (stream.wait_readable(kNever_ns, WaitKind::midway) == IoStatus::ok) {
    const IoResult got = stream.read_available(room);
    bytes += got.bytes;
    if (got.status != IoStatus::ok && got.status != IoStatus::would_block) break;
  }
  return bytes;
}

class TcpStreamTest : public testing::Test {
 protected:
  // As many bytes as the server has read at the connection's end.
  std::size_t bytes_at_the_end() {
    runtime_.start();
    std::future<std::size_t> read = read_.get_future();
    const auto state = read.wait_for(std::chrono::seconds(20));
    EXPECT_EQ(state, std::future_status::ready) << "the fiber still waits";
    return state == std::future_status::ready ? read.get() : 0;
  }

  std::promise<std::size_t> read_;
  std::unique_ptr<Scheduler> scheduler_ =
      find_scheduler("fifo").make({.workers = 1, .tasks_max = 8, .seed = 1, .threads_per_core = 1});
  Runtime runtime_{RuntimeConfig{.cores = {0}, .fibers_max = 8, .stack_bytes = 256 * 1024},
                   *scheduler_, [this](Socket& socket, Fiber& fiber) {
                     TcpStream stream(socket, fiber);
                     read_.set_value(read_all(stream));
                   }};
  const std::uint16_t port_ = runtime_.listen({});
};

TEST_F(TcpStreamTest, SeesACloseThatCameWithTheLastBytes) {
  { Client(port_).send_text("half a request"); }
  EXPECT_EQ(bytes_at_the_end(), 14U);
}

TEST_F(TcpStreamTest, SeesAResetThatCameWithTheLastBytes) {
  {
    const Client client(port_);
    client.send_text("half a request");
    client.reset_on_close();
  }
  EXPECT_EQ(bytes_at_the_end(), 14U);
}

}  // namespace
}  // namespace etude
