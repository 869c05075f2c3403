// Goal: a connection's loop waits with the right deadlines, holds nothing while it waits, writes
// once per batch, and ends every connection in the way its peer can bear.
// Method: a stream that plays a script of reads and waits, on a clock that stands still.

#include "core/http/connection.h"

#include <gtest/gtest.h>

#include "core/clock.h"
#include "core/failure.h"
#include "tests/http/conversation.h"
#include "tests/http/scripted_stream.h"
#include "tests/http/session_cases.h"

namespace etude::http {
namespace {

class ConnectionTest : public testing::Test {
 protected:
  static constexpr Timeouts kTimeouts{
      .head_ns = 10, .body_ns = 20, .idle_ns = 100, .write_ns = 30, .linger_ns = 5};

  void serve() {
    Server server{{.workers = 2, .timeouts = kTimeouts, .requests_per_turn = 64},
                  echo_router(),
                  clock_,
                  wall_clock_};
    if (draining_) server.drain();
    server.serve_connection(stream_, fiber_);
    totals_ = server.totals();
  }
  std::string answers() const { return summary({stream_.written(), stream_.write_shut}); }

  ManualClock clock_;
  ManualWallClock wall_clock_;
  ScriptedStream stream_{clock_};
  FakeFiber fiber_;
  bool draining_ = false;
  ServerTotals totals_;
};

TEST_F(ConnectionTest, AnswersABatchWithOneReadAndOneWrite) {
  std::string batch;
  for (int i = 0; i < 16; ++i) batch += kGet;
  stream_.arrives(batch).ends(IoStatus::closed);
  serve();
  EXPECT_EQ(stream_.writes.size(), 1U);
  EXPECT_EQ(stream_.reads, 2U);  // the batch, and the close
  EXPECT_EQ(parse_responses(stream_.writes.at(0)).size(), 16U);
  EXPECT_EQ(fiber_.yields, 0U);
  EXPECT_EQ(totals_.requests, 16U);
  EXPECT_EQ(totals_.responses_by_class[2], 16U);
  EXPECT_EQ(totals_.connections_accepted, 1U);
  EXPECT_EQ(totals_.connections_open, 0U);
}

// A clock that moves by 3 with each look: so a stamped batch takes 3 to serve and 3 to write.
class TickingClock final : public Clock {
 public:
  Nanos now_ns() const noexcept override { return now_ns_ += 3; }

 private:
  mutable Nanos now_ns_ = 0;
};

TEST_F(ConnectionTest, StampsTheStagesOfEachThirtySecondBatch) {
  const TickingClock stage_clock;
  Server server{{.workers = 2, .timeouts = kTimeouts, .stage_clock = &stage_clock},
                echo_router(),
                clock_,
                wall_clock_};
  for (int i = 0; i < 64; ++i) stream_.arrives(kGet);
  stream_.ends(IoStatus::closed);
  server.serve_connection(stream_, fiber_);
  const StageTotals stages = server.totals().stages;
  EXPECT_EQ(stages.batches, 2U);
  EXPECT_EQ(stages.service_ns, 6U);
  EXPECT_EQ(stages.write_ns, 6U);
}

TEST_F(ConnectionTest, YieldsWhileOneConnectionPipelinesWithoutEnd) {
  std::string batch;
  for (int i = 0; i < 10'000; ++i) batch += kGet;
  stream_.arrives(batch).ends(IoStatus::closed);
  serve();
  EXPECT_EQ(parse_responses(stream_.written()).size(), 10'000U);
  EXPECT_GE(fiber_.yields, 10'000U / 64);
}

TEST_F(ConnectionTest, OutputNeverExceedsItsBuffer) {
  std::string batch;
  for (int i = 0; i < 60; ++i) {
    batch += post("Content-Length: 500\r\n", std::string(500, 'x'));
  }
  stream_.arrives(batch).ends(IoStatus::closed);
  serve();
  EXPECT_EQ(parse_responses(stream_.written()).size(), 60U);
  for (const std::string& write : stream_.writes) {
    EXPECT_LE(write.size(), Workspace::kOutputBytes);
  }
}

TEST_F(ConnectionTest, AHeadRequestThatIsLateIsAnsweredWithoutABody) {
  stream_.arrives("HEAD /x HTTP/1").ends(IoStatus::timed_out).ends(IoStatus::closed);
  serve();
  EXPECT_TRUE(stream_.written().starts_with("HTTP/1.1 408 "));
  EXPECT_TRUE(stream_.written().ends_with("\r\n\r\n"));
}

TEST_F(ConnectionTest, AnIdleConnectionIsClosedWithoutAWord) {
  stream_.arrives(kGet).ends(IoStatus::timed_out);
  serve();
  EXPECT_EQ(answers(), "200");
  EXPECT_EQ(stream_.waits.back().kind, WaitKind::idle);
  EXPECT_EQ(stream_.waits.back().deadline_ns, kTimeouts.idle_ns);
}

TEST_F(ConnectionTest, BytesThatTrickleInDoNotMoveTheDeadlineOfAHead) {
  clock_.advance_ns(1'000);
  stream_.on_wait = [this] { clock_.advance_ns(1); };
  for (const char c : std::string{"GET /x"}) stream_.arrives(std::string(1, c));
  stream_.ends(IoStatus::timed_out);
  serve();
  EXPECT_EQ(answers(), "408 close");
  for (std::size_t i = 1; i < 6; ++i) {
    EXPECT_EQ(stream_.waits[i].deadline_ns, 1'001 + kTimeouts.head_ns) << "wait " << i;
    EXPECT_EQ(stream_.waits[i].kind, WaitKind::midway) << "wait " << i;
  }
}

TEST_F(ConnectionTest, ABodyHasADeadlineOfItsOwn) {
  stream_.on_wait = [this] { clock_.advance_ns(1); };
  stream_.arrives(post("Content-Length: 5\r\n", "he")).arrives("l").ends(IoStatus::timed_out);
  serve();
  EXPECT_EQ(answers(), "408 close");
  EXPECT_EQ(stream_.waits[1].deadline_ns, 1 + kTimeouts.body_ns);
  EXPECT_EQ(stream_.waits[2].deadline_ns, 1 + kTimeouts.body_ns);
}

TEST_F(ConnectionTest, EachRequestGetsANewDeadline) {
  stream_.on_wait = [this] { clock_.advance_ns(3); };
  stream_.arrives(kGet.substr(0, 5)).arrives(kGet.substr(5) + "G").ends(IoStatus::timed_out);
  serve();
  EXPECT_EQ(summary({stream_.written(), false}), "200 408");
  EXPECT_EQ(stream_.waits.at(1).deadline_ns, 3 + kTimeouts.head_ns);
  EXPECT_EQ(stream_.waits.at(2).deadline_ns, 6 + kTimeouts.head_ns);
}

// While one connection waits in the middle of a request, another is served in the same buffer.
TEST_F(ConnectionTest, HoldsNoWorkspaceWhileItWaits) {
  Server server{{.workers = 1, .timeouts = kTimeouts}, echo_router(), clock_, wall_clock_};
  ScriptedStream other{clock_};
  other.arrives(kGet).ends(IoStatus::closed);
  stream_.arrives(kGet.substr(0, 9)).arrives(kGet.substr(9)).ends(IoStatus::closed);
  stream_.on_wait = [&] {
    if (stream_.waits.size() == 2) server.serve_connection(other, fiber_);
  };
  server.serve_connection(stream_, fiber_);
  EXPECT_EQ(answers(), "200");
  ASSERT_EQ(parse_responses(other.written()).size(), 1U);
  EXPECT_EQ(other.first_room, stream_.first_room);
}

TEST_F(ConnectionTest, AfterARefusalThePeerMayFinishSending) {
  const std::string huge = post("Content-Length: 99999999\r\n", std::string(100, 'x'));
  stream_.arrives(huge).arrives(std::string(100'000, 'x')).ends(IoStatus::closed);
  serve();
  EXPECT_EQ(answers(), "413 close");
  EXPECT_TRUE(stream_.script_done()) << "what the peer still sent was not read";
}

TEST_F(ConnectionTest, APeerThatSendsWithoutEndIsLeftAfterAWhile) {
  fiber_.on_suspend = [this] {
    clock_.advance_ns(1);
    stream_.arrives("more");
  };
  stream_.arrives("(").arrives("more");
  serve();
  EXPECT_EQ(answers(), "400 close");
  EXPECT_EQ(clock_.now_ns(), kTimeouts.linger_ns);
}

TEST_F(ConnectionTest, HalfCloseStillGetsItsAnswers) {
  stream_.arrives(kGet + kGet + kGet).ends(IoStatus::closed);
  serve();
  EXPECT_EQ(answers(), "200 200 200");
}

TEST_F(ConnectionTest, ACloseMidwayIsNotAnswered) {
  stream_.arrives(post("Content-Length: 5\r\n", "he")).ends(IoStatus::closed);
  serve();
  EXPECT_EQ(answers(), "");
}

TEST_F(ConnectionTest, AReadThatFindsNothingWaitsAgain) {
  stream_.ends(IoStatus::would_block).arrives(kGet).ends(IoStatus::would_block);
  stream_.ends(IoStatus::closed);
  serve();
  EXPECT_EQ(answers(), "200");
}

TEST_F(ConnectionTest, ADrainEndsAnIdleConnection) {
  stream_.arrives(kGet).ends(IoStatus::stopping);
  serve();
  EXPECT_EQ(answers(), "200");
  EXPECT_FALSE(stream_.write_shut);
}

TEST_F(ConnectionTest, ADrainTellsABusyPeer) {
  draining_ = true;
  stream_.arrives(kGet + kGet).ends(IoStatus::closed);
  serve();
  EXPECT_EQ(answers(), "200 200 close");
}

TEST_F(ConnectionTest, AFailedWriteEndsIt) {
  for (const IoStatus status : {IoStatus::failed, IoStatus::timed_out}) {
    ScriptedStream stream{clock_};
    stream.write_status = status;
    stream.arrives(kGet).arrives(kGet);
    Server server{{.workers = 2, .timeouts = kTimeouts}, echo_router(), clock_, wall_clock_};
    server.serve_connection(stream, fiber_);
    EXPECT_EQ(stream.writes.size(), 1U);
    EXPECT_FALSE(stream.write_shut);
  }
}

TEST_F(ConnectionTest, AFiberThatMovesIsCountedWhereItRuns) {
  std::string batch;
  for (int i = 0; i < 100; ++i) batch += kGet;
  fiber_.on_suspend = [this] { fiber_.current = WorkerId{1}; };
  stream_.arrives(batch).ends(IoStatus::closed);
  serve();
  EXPECT_EQ(totals_.requests, 100U);
  EXPECT_EQ(totals_.connections_open, 0U);
}

TEST(Server, BadLimitsAreTheUsersMistake) {
  const ManualClock clock;
  const ManualWallClock wall_clock;
  const auto make = [&](const Limits& limits) {
    Server server{{.workers = 1, .limits = limits}, Router{}, clock, wall_clock};
  };
  EXPECT_THROW(make({.head_bytes = 40'000}), Error);
  EXPECT_THROW(make({.request_line_bytes = 16'384}), Error);
  EXPECT_NO_THROW(make({}));
}

}  // namespace
}  // namespace etude::http
