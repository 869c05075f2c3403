// Goal: the driver keeps its promises whatever scheduler it drives.
// Method: each test runs over all registered schedulers, on two workers that share core 0, so that
// every interleaving the kernel can make of them is possible on any machine.

#include "core/runtime/runtime.h"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <stdexcept>
#include <string>
#include <vector>

#include "core/clock.h"
#include "core/runtime/tcp_stream.h"
#include "schedulers/registry.h"
#include "tests/support/client.h"

namespace etude {
namespace {

constexpr std::uint32_t kFibers = 600;
constexpr Nanos kNever_ns = TimerHeap::kNever_ns;

void serve_nothing(Socket&, Fiber&) {}

// Sends back what comes, until the peer closes or the server drains.
void echo(Socket& socket, Fiber& fiber) {
  TcpStream stream(socket, fiber);
  char room[256];
  while (stream.wait_readable(kNever_ns, WaitKind::idle) == IoStatus::ok) {
    const IoResult got = stream.read_available(room);
    if (got.status == IoStatus::would_block) continue;
    if (got.status != IoStatus::ok) return;
    if (stream.write_all({room, got.bytes}, kNever_ns) != IoStatus::ok) return;
  }
}

class RuntimeOverSchedulers : public testing::TestWithParam<SchedulerEntry> {
 protected:
  void make(Runtime::Serve serve = serve_nothing, WorkerConfig worker = {},
            std::uint32_t workers = 2) {
    scheduler_ = GetParam().make(
        {.workers = workers, .tasks_max = kFibers, .seed = 1, .threads_per_core = workers});
    runtime_.emplace(RuntimeConfig{.cores = {0},
                                   .threads_per_core = workers,
                                   .fibers_max = kFibers,
                                   .stack_bytes = 256 * 1024,
                                   .worker = worker},
                     *scheduler_, std::move(serve));
  }

  std::unique_ptr<Scheduler> scheduler_;
  std::optional<Runtime> runtime_;
};

TEST_P(RuntimeOverSchedulers, RunsEverySpawnedJobOnce) {
  constexpr int kJobs = 500;
  make();
  runtime_->start();
  std::latch done(kJobs);
  std::vector<std::atomic<int>> runs(kJobs);
  for (int job = 0; job < kJobs; ++job) {
    ASSERT_TRUE(runtime_->spawn([&, job](Fiber& fiber) {
      fiber.yield();
      runs[static_cast<std::size_t>(job)].fetch_add(1);
      done.count_down();
    }));
  }
  done.wait();
  for (const auto& count : runs) EXPECT_EQ(count.load(), 1);
}

TEST_P(RuntimeOverSchedulers, FanOutReturnsAfterAllChildrenEvenWhenFibersRunOut) {
  make();
  runtime_->start();
  std::latch done(1);
  std::atomic<std::uint32_t> ended{0};
  std::uint32_t seen_at_return = 0;
  runtime_->spawn([&](Fiber& fiber) {
    fiber.fan_out(2 * kFibers, [&](ThisFiber& child, std::uint32_t) {
      child.yield();
      ended.fetch_add(1);
    });
    seen_at_return = ended.load();
    done.count_down();
  });
  done.wait();
  EXPECT_EQ(seen_at_return, 2 * kFibers);
}

TEST_P(RuntimeOverSchedulers, SleepsAtLeastAsLongAsAsked) {
  make();
  runtime_->start();
  constexpr int kSleepers = 20;
  std::latch done(kSleepers);
  std::atomic<int> early{0};
  for (int nth = 0; nth < kSleepers; ++nth) {
    runtime_->spawn([&, nth](Fiber& fiber) {
      const Nanos until_ns = monotonic_ns() + nth * kMillisecond;
      fiber.sleep_for(nth * kMillisecond);
      if (monotonic_ns() < until_ns) early.fetch_add(1);
      done.count_down();
    });
  }
  done.wait();
  EXPECT_EQ(early.load(), 0);
}

TEST_P(RuntimeOverSchedulers, ExceptionsStayWithTheFiberThatCaughtThem) {
  make();
  runtime_->start();
  constexpr int kThrowers = 100;
  std::latch done(kThrowers);
  std::atomic<int> mixed_up{0};
  for (int nth = 0; nth < kThrowers; ++nth) {
    runtime_->spawn([&, nth](Fiber& fiber) {
      try {
        throw std::runtime_error(std::to_string(nth));
      } catch (const std::runtime_error&) {
        for (int turn = 0; turn < 5; ++turn) fiber.yield();  // others throw meanwhile
        try {
          throw;
        } catch (const std::runtime_error& mine) {
          if (mine.what() != std::to_string(nth)) mixed_up.fetch_add(1);
        }
      }
      done.count_down();
    });
  }
  done.wait();
  EXPECT_EQ(mixed_up.load(), 0);
}

TEST_P(RuntimeOverSchedulers, ServesManyConnectionsInterleaved) {
  make(echo);
  const std::uint16_t port = runtime_->listen({});
  runtime_->start();
  std::vector<Client> clients;
  for (int nth = 0; nth < 50; ++nth) clients.emplace_back(port);
  for (int round = 0; round < 20; ++round) {
    for (std::size_t nth = 0; nth < clients.size(); ++nth) {
      clients[nth].send_text("round " + std::to_string(round) + " of " + std::to_string(nth));
    }
    for (std::size_t nth = 0; nth < clients.size(); ++nth) {
      const std::string text = "round " + std::to_string(round) + " of " + std::to_string(nth);
      ASSERT_EQ(clients[nth].receive(text.size()), text);
    }
  }
  EXPECT_EQ(runtime_->connections_open(), 50U);
}

TEST_P(RuntimeOverSchedulers, ASharedListenerServesAsWell) {
  make(echo);
  const std::uint16_t port = runtime_->listen({.acceptor = Acceptor::shared});
  runtime_->start();
  std::vector<Client> clients;
  for (int nth = 0; nth < 20; ++nth) clients.emplace_back(port);
  for (const Client& client : clients) client.send_text("hello");
  for (const Client& client : clients) EXPECT_EQ(client.receive(5), "hello");
}

TEST_P(RuntimeOverSchedulers, AReadEndsAtItsDeadline) {
  std::atomic<IoStatus> seen{IoStatus::ok};
  make([&](Socket& socket, Fiber& fiber) {
    TcpStream stream(socket, fiber);
    seen = stream.wait_readable(monotonic_ns() + 10 * kMillisecond, WaitKind::midway);
  });
  const std::uint16_t port = runtime_->listen({});
  runtime_->start();
  const Client silent(port);
  EXPECT_TRUE(silent.peer_has_closed());
  EXPECT_EQ(seen.load(), IoStatus::timed_out);
}

TEST_P(RuntimeOverSchedulers, SeesThePeersCloseBehindItsLastBytes) {
  make(echo);
  const std::uint16_t port = runtime_->listen({});
  runtime_->start();
  const Client client(port);
  client.send_text("last words");
  client.finish_sending();
  EXPECT_EQ(client.receive(10), "last words");
  EXPECT_TRUE(client.peer_has_closed());
}

TEST_P(RuntimeOverSchedulers, ADrainEndsIdleConnectionsAndLetsBusyOnesFinish) {
  std::latch busy(1);
  make([&](Socket& socket, Fiber& fiber) {
    TcpStream stream(socket, fiber);
    char room[16];
    if (stream.wait_readable(kNever_ns, WaitKind::idle) != IoStatus::ok) return;
    const IoResult got = stream.read_available(room);
    busy.count_down();
    fiber.sleep_for(20 * kMillisecond);
    stream.write_all({room, got.bytes}, kNever_ns);
  });
  const std::uint16_t port = runtime_->listen({});
  runtime_->start();
  const Client idle(port);
  const Client working(port);
  working.send_text("work");
  busy.wait();

  EXPECT_TRUE(runtime_->drain(20 * kSecond));
  EXPECT_EQ(working.receive(4), "work");
  EXPECT_TRUE(working.peer_has_closed());
  EXPECT_TRUE(idle.peer_has_closed());
  EXPECT_EQ(runtime_->connections_open(), 0U);
}

TEST_P(RuntimeOverSchedulers, ADrainServesWhoeverHasConnectedButWasNotAccepted) {
  make(echo);
  const std::uint16_t port = runtime_->listen({});
  std::vector<Client> clients;
  for (int nth = 0; nth < 20; ++nth) clients.emplace_back(port).send_text("here");
  runtime_->start();  // the drain begins before any worker has had its first turn
  EXPECT_TRUE(runtime_->drain(20 * kSecond));
  runtime_.reset();
  for (const Client& client : clients) EXPECT_EQ(client.receive(4), "here");
}

TEST_P(RuntimeOverSchedulers, RefusesConnectionsOverTheLimitAndServesAgainBelowIt) {
  make(echo, {.connections_max = 2});
  const std::uint16_t port = runtime_->listen({});
  runtime_->start();
  const Client first(port);
  first.send_text("1");
  EXPECT_EQ(first.receive(1), "1");
  {
    const Client second(port);
    second.send_text("2");
    EXPECT_EQ(second.receive(1), "2");
    const Client third(port);
    EXPECT_TRUE(third.peer_has_closed());
  }
  // The second's end reaches the server some time after our close: ask until there is room.
  std::string answer;
  while (answer.empty()) {
    const Client next(port);
    next.send_text("3");
    answer = next.receive(1);
  }
  EXPECT_EQ(answer, "3");
}

// Goal: a worker stuck in a handler does not starve its sockets when idle workers claim its poll.
// Method: one handler blocks its worker until every other connection has been served, those that
// the kernel's hash gave to the blocked worker among them.
TEST(IoClaim, ServesTheConnectionsOfAWorkerStuckInAHandler) {
  constexpr int kConnections = 16;
  const auto scheduler =
      find_scheduler("multithread")
          .make({.workers = 2, .tasks_max = kFibers, .seed = 1, .threads_per_core = 2});
  std::latch others_served(kConnections - 1);
  std::atomic<bool> first_is_stuck{false};
  Runtime runtime({.cores = {0},
                   .threads_per_core = 2,
                   .fibers_max = kFibers,
                   .stack_bytes = 256 * 1024,
                   .worker = {.io_claim = IoClaim::on}},
                  *scheduler, [&](Socket& socket, Fiber& fiber) {
                    TcpStream stream(socket, fiber);
                    char what = 0;
                    if (stream.wait_readable(kNever_ns, WaitKind::idle) != IoStatus::ok) return;
                    stream.read_available({&what, 1});
                    if (what == 'B') {
                      first_is_stuck = true;
                      others_served.wait();  // blocks the worker, not the fiber
                    } else {
                      others_served.count_down();
                    }
                    stream.write_all({&what, 1}, kNever_ns);
                  });
  const std::uint16_t port = runtime.listen({});
  runtime.start();
  std::vector<Client> clients;
  for (int nth = 0; nth < kConnections; ++nth) clients.emplace_back(port);
  while (runtime.connections_open() < clients.size()) std::this_thread::yield();
  clients[0].send_text("B");
  while (!first_is_stuck) std::this_thread::yield();
  for (std::size_t nth = 1; nth < clients.size(); ++nth) clients[nth].send_text("x");
  for (std::size_t nth = 0; nth < clients.size(); ++nth) {
    EXPECT_EQ(clients[nth].receive(1), nth == 0 ? "B" : "x") << "connection " << nth;
  }
}

std::string name_of(const testing::TestParamInfo<SchedulerEntry>& info) {
  std::string name(info.param.name);
  std::erase(name, '-');
  return name;
}
INSTANTIATE_TEST_SUITE_P(AllSchedulers, RuntimeOverSchedulers, testing::ValuesIn(all_schedulers()),
                         name_of);

}  // namespace
}  // namespace etude
