// Goal: what a connection answers depends on the bytes alone, and not on how they came; each
// request has one response, and a refusal is the last.
// Method: a server of its own for each way to hand over the stream: at once, at once without the
// memo, in pieces; the bytes that come back, the close and the counts have to be the same.

#include <algorithm>
#include <cstring>
#include <deque>
#include <numeric>

#include "core/clock.h"
#include "core/http/connection.h"
#include "tests/http/conversation.h"
#include "tests/http/session_cases.h"
#include "tests/support/fuzzed.h"

namespace etude::fuzz {
namespace {

// Small, so that short inputs reach them.
constexpr http::Limits kLimits = http::kCaseLimits;

// A peer whose pieces come one by one, each after a wait, and who closes at the end.
class ArrivingStream final : public ByteStream {
 public:
  explicit ArrivingStream(std::deque<std::string_view> pieces) : pieces_(std::move(pieces)) {}

  IoStatus wait_readable(Nanos, WaitKind) override {
    arrived_ = {};
    if (pieces_.empty()) return IoStatus::closed;
    arrived_ = pieces_.front();
    pieces_.pop_front();
    return IoStatus::ok;
  }

  IoResult read_available(std::span<char> room) override {
    if (room.empty()) asked_without_room = true;
    if (arrived_.empty() || room.empty()) return {0, IoStatus::would_block};
    const std::size_t bytes = std::min(room.size(), arrived_.size());
    std::memcpy(room.data(), arrived_.data(), bytes);
    arrived_.remove_prefix(bytes);
    return {bytes, IoStatus::ok};
  }

  IoStatus write_all(std::span<const char> bytes, Nanos) override {
    if (closing) written_after_close = true;
    written.append(bytes.data(), bytes.size());
    return IoStatus::ok;
  }

  void shutdown_write() noexcept override { closing = true; }

  std::string written;
  bool closing = false;
  bool written_after_close = false;
  bool asked_without_room = false;

 private:
  std::deque<std::string_view> pieces_;
  std::string_view arrived_;
};

enum class Memo : std::uint8_t { used, unused };

struct Served {
  std::string answers;
  bool closing = false;
  std::uint64_t requests = 0;
  std::uint64_t responses = 0;
  std::string complaint;

  bool operator==(const Served&) const = default;
};

Served serve(std::deque<std::string_view> pieces, Memo memo) {
  ManualClock clock;
  http::ManualWallClock wall_clock;
  http::FakeFiber fiber;
  http::Server server{{.workers = 1, .limits = kLimits, .remember_heads = memo == Memo::used},
                      http::echo_router(),
                      clock,
                      wall_clock};
  ArrivingStream stream{std::move(pieces)};
  server.serve_connection(stream, fiber);
  const http::ServerTotals totals = server.totals();
  const auto& by_class = totals.responses_by_class;
  Served served{.answers = std::move(stream.written),
                .closing = stream.closing,
                .requests = totals.requests,
                .responses = std::accumulate(by_class.begin(), by_class.end(), std::uint64_t{0}),
                .complaint = {}};
  if (totals.connections_open != 0) served.complaint = "a connection that is over is counted so";
  if (stream.written_after_close) served.complaint = "nothing is written after the last response";
  if (stream.asked_without_room) served.complaint = "what is read has a place to go";
  return served;
}

std::string judge(const Served& served) {
  if (!served.complaint.empty()) return served.complaint;
  if (!served.answers.empty() && !served.answers.starts_with("HTTP/1.1 ")) {
    return "answers begin with a status line";
  }
  // A refusal answers what is no request.
  const std::uint64_t refusals = served.responses - served.requests;
  if (refusals > 1) return "each request has one response, and one refusal is the last";
  if (refusals == 1 && !served.closing) return "a refusal ends the connection";
  const bool says_close = served.answers.find("\r\nConnection: close\r\n") != std::string::npos;
  if (served.closing && !says_close) return "who closes says so";
  return {};
}

}  // namespace

std::string broken_by(std::string_view input) {
  const Stream stream = stream_of(input);
  std::deque<std::string_view> at_once;
  if (!stream.whole.empty()) at_once.push_back(stream.whole);
  const Served whole = serve(at_once, Memo::used);
  const std::string complaint = judge(whole);
  if (!complaint.empty()) return complaint;
  if (serve(at_once, Memo::unused) != whole) return "the memo changes nothing";
  const Served cut = serve({stream.pieces.begin(), stream.pieces.end()}, Memo::used);
  if (cut != whole) return "the answers do not depend on how the bytes came";
  return {};
}

}  // namespace etude::fuzz
