// core/http/session.h
//
// One connection's conversation: requests out of the reader, through router and handlers, as
// responses into an output, in order. Knows bytes and no socket: what is answered depends on the
// bytes alone, and not on how they were cut.
//
// Threads:   one at a time; advance() may return on another thread, if a handler suspended.
// Ownership: borrows its parts and, during advance(), workspace, output and fiber.
// Errors:    a request that breaks the rules is answered, and is the last; a handler that throws
//            gives a 500.
// Source:    RFC 9110, RFC 9112.

#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <utility>

#include "core/http/date.h"
#include "core/http/limits.h"
#include "core/http/output.h"
#include "core/http/request_reader.h"
#include "core/http/response_writer.h"
#include "core/http/router.h"
#include "core/http/workspace.h"
#include "core/runtime/this_fiber.h"

namespace etude::http {

// What all sessions of a server share.
struct SessionParts {
  const Router& router;
  const Limits& limits;
  const WallClock& wall_clock;
  const std::atomic<bool>& draining;  // once true: each session says "close" as soon as it can
  bool remember_heads = true;         // the memo (HeadMemo); off, to measure what it brings
};

// What a session did since it was last asked.
struct SessionCounts {
  std::uint32_t requests = 0;
  std::array<std::uint32_t, 6> responses_by_class = {};  // [2]: 2xx
};

class Session {
 public:
  enum class Progress : std::uint8_t {
    need_more,  // every complete request is answered
    turn_over,  // `requests_max` of them were; there may be more
    closing,    // the last response is in the output
  };

  explicit Session(const SessionParts& parts) noexcept : parts_(parts), reader_(parts.limits) {}

  RequestReader& reader() noexcept { return reader_; }

  // Answers complete requests, `requests_max` at most. Requires: the reader holds a buffer.
  Progress advance(Workspace& workspace, Output& out, ThisFiber& fiber, std::uint32_t requests_max);

  // The answer to a peer that keeps a request waiting for too long; closing.
  void time_out(Workspace& workspace, Output& out);

  SessionCounts take_counts() noexcept { return std::exchange(counts_, {}); }

 private:
  struct Exchange;  // one request on its way to its response

  // False: the connection ends with this response.
  bool answer(Workspace& workspace, Output& out, ThisFiber& fiber);
  bool answer_routed(Workspace& workspace, Output& out, ThisFiber& fiber, const RouteMatch& match);
  void answer_by_handler(const Exchange& exchange, const RouteMatch& match, ThisFiber& fiber);
  void answer_without_route(const Exchange& exchange, Methods allowed);
  void refuse(Workspace& workspace, Output& out, Status status);
  void send(const Exchange& exchange, const Response& response);
  void remember(HeadMemo& memo, const RouteMatch& match) const noexcept;

  SessionParts parts_;
  RequestReader reader_;
  SessionCounts counts_;
};

}  // namespace etude::http
