// core/runtime/io.h
//
// A connection as the code above the runtime sees it: bytes in, bytes out, each wait with a
// deadline. HTTP is written against this, a TCP stream implements it, and a test scripts it.
//
// Threads:   only from the fiber that owns the stream. wait_readable() and write_all() may return
//            on another thread.
// Ownership: the caller of whoever uses a stream keeps it, and closes it when the user returns.
// Errors:    every end of a connection is an ordinary outcome, told by IoStatus.

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "core/types.h"

namespace etude {

enum class IoStatus : std::uint8_t {
  ok,
  would_block,  // nothing there now: wait_readable() first
  closed,       // the peer sends no more
  timed_out,    // the deadline passed first
  failed,       // reset, or another error: the connection is of no more use
  stopping,     // the server drains, and the wait was an idle one
};

struct IoResult {
  std::size_t bytes;
  IoStatus status;
};

// What a wait stands for, since a drain ends the one and not the other.
enum class WaitKind : std::uint8_t {
  idle,    // between two requests: a drain ends it with `stopping`
  midway,  // inside a request, or for the peer's close: a drain lets it go on
};

class ByteStream {
 public:
  virtual ~ByteStream() = default;
  ByteStream(const ByteStream&) = delete;
  ByteStream& operator=(const ByteStream&) = delete;

  // Suspends while nothing is there to read and the deadline lies ahead; no buffer is held
  // meanwhile. ok: there are bytes, the peer's close, or an error to read (bytes that are there
  // come before `stopping`). Else timed_out, stopping or failed.
  virtual IoStatus wait_readable(Nanos deadline_ns, WaitKind kind) = 0;

  // One receive, never suspends. ok with at least one byte; or would_block, closed, failed with
  // none. Requires: room for at least one byte.
  virtual IoResult read_available(std::span<char> room) = 0;

  // Writes all of it, suspending while the peer takes none. ok, timed_out or failed.
  virtual IoStatus write_all(std::span<const char> bytes, Nanos deadline_ns) = 0;

  // Tells the peer that no more will be written; reading goes on.
  virtual void shutdown_write() noexcept = 0;

 protected:
  ByteStream() = default;
};

}  // namespace etude
