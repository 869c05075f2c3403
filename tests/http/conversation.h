// tests/http/conversation.h
//
// A session to talk to without a socket: bytes in, in any cuts, and the bytes that come out. Also
// the pieces that other tests of this room need: a fiber that is none, clocks that stand still.

#pragma once

#include <algorithm>
#include <atomic>
#include <cstring>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/http/date.h"
#include "core/http/router.h"
#include "core/http/session.h"
#include "core/http/workspace.h"

namespace etude::http {

// Does at once what a fiber would suspend for, and takes note.
class FakeFiber final : public ThisFiber {
 public:
  void sleep_for(Nanos duration_ns) override {
    slept_ns += duration_ns;
    if (on_suspend) on_suspend();
  }
  void yield() override {
    ++yields;
    if (on_suspend) on_suspend();
  }
  void fan_out(std::uint32_t count,
               const std::function<void(ThisFiber&, std::uint32_t)>& job) override {
    for (std::uint32_t i = 0; i < count; ++i) job(*this, i);
    fanned_out += count;
  }
  WorkerId worker() const noexcept override { return current; }

  WorkerId current{0};
  Nanos slept_ns = 0;
  std::uint32_t yields = 0;
  std::uint32_t fanned_out = 0;
  std::function<void()> on_suspend;
};

class ManualWallClock final : public WallClock {
 public:
  std::int64_t unix_seconds() const noexcept override { return seconds; }
  std::int64_t seconds = 784'111'777;  // Sun, 06 Nov 1994 08:49:37 GMT, the RFC's example
};

class StringSink final : public ByteSink {
 public:
  bool write(std::span<const char> bytes) override {
    if (fails) return false;
    text.append(bytes.data(), bytes.size());
    ++writes;
    return true;
  }
  std::string text;
  std::uint32_t writes = 0;
  bool fails = false;
};

// What a session answered to one input, however it was cut.
struct Answer {
  std::string bytes;
  bool closing = false;
};

class Conversation {
 public:
  explicit Conversation(const Router& router, const Limits& limits = {}, bool remember_heads = true)
      : limits_(limits),
        session_({.router = router,
                  .limits = limits_,
                  .wall_clock = wall_clock,
                  .draining = draining,
                  .remember_heads = remember_heads}) {}

  // Hands over one piece as one read would, or in several reads if it is too large for one.
  void send(std::string_view piece) {
    const WorkspacePool::Lease lease{pool, fiber};
    Output out{(*lease).output, sink};
    session_.reader().attach((*lease).input);
    while (!piece.empty() && !closing) {
      const std::span<char> room = session_.reader().room();
      const std::size_t bytes = std::min(room.size(), piece.size());
      std::memcpy(room.data(), piece.data(), bytes);
      session_.reader().received(bytes);
      piece.remove_prefix(bytes);
      auto progress = Session::Progress::turn_over;
      while (progress == Session::Progress::turn_over) {
        progress = session_.advance(*lease, out, fiber, 7);
      }
      closing = progress == Session::Progress::closing;
    }
    out.flush();
    session_.reader().detach();
  }

  Session& session() noexcept { return session_; }

  FakeFiber fiber;
  ManualWallClock wall_clock;
  StringSink sink;
  WorkspacePool pool{4};
  std::atomic<bool> draining = false;
  bool closing = false;

 private:
  Limits limits_;
  Session session_;
};

// Cuts `input` before each of the given positions.
inline Answer converse(const Router& router, std::string_view input,
                       const std::vector<std::size_t>& cuts = {}, const Limits& limits = {},
                       bool remember_heads = true) {
  Conversation conversation{router, limits, remember_heads};
  std::size_t begin = 0;
  for (const std::size_t cut : cuts) {
    conversation.send(input.substr(begin, cut - begin));
    begin = cut;
  }
  conversation.send(input.substr(begin));
  return {conversation.sink.text, conversation.closing};
}

// One response taken apart; what a client would make of it.
struct ParsedResponse {
  int status = 0;
  std::string head;  // with the empty line
  std::string body;

  std::optional<std::string> field(std::string_view name) const {
    const std::size_t at = head.find("\r\n" + std::string{name} + ": ");
    if (at == std::string::npos) return std::nullopt;
    const std::size_t begin = at + name.size() + 4;
    return head.substr(begin, head.find("\r\n", begin) - begin);
  }
};

// `heads_only`: the responses answer HEAD, so they have no bodies. Stops at what it cannot read,
// and then the last one has status -1.
inline std::vector<ParsedResponse> parse_responses(std::string_view bytes,
                                                   bool heads_only = false) {
  std::vector<ParsedResponse> responses;
  while (!bytes.empty()) {
    ParsedResponse response;
    const std::size_t head_end = bytes.find("\r\n\r\n");
    if (!bytes.starts_with("HTTP/1.1 ") || head_end == std::string_view::npos) {
      responses.push_back({.status = -1, .head = std::string{bytes}, .body = ""});
      return responses;
    }
    response.head = bytes.substr(0, head_end + 4);
    response.status = std::stoi(response.head.substr(9, 3));
    bytes.remove_prefix(response.head.size());
    const auto length = response.field("Content-Length");
    if (length && !heads_only) {
      response.body = bytes.substr(0, std::stoul(*length));
      bytes.remove_prefix(response.body.size());
    }
    responses.push_back(std::move(response));
  }
  return responses;
}

// "200 200 400 close".
inline std::string summary(const Answer& answer, bool heads_only = false) {
  std::string text;
  for (const ParsedResponse& response : parse_responses(answer.bytes, heads_only)) {
    text += (text.empty() ? "" : " ") + std::to_string(response.status);
  }
  if (answer.closing) text += text.empty() ? "close" : " close";
  return text;
}

}  // namespace etude::http
