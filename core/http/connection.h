// core/http/connection.h
//
// The loop that ties a byte stream to a session: wait holding nothing, borrow a workspace, read
// once, answer every complete request, write once, give the workspace back.
//
// Threads:   one fiber; every call may return on another thread.
// Ownership: borrows server, stream and fiber until run() returns.
// Ordering:  responses go out in the order of their requests.
// Errors:    each end of a connection is ordinary. std::bad_alloc comes through.

#pragma once

#include "core/http/server.h"

namespace etude::http {

class Connection {
 public:
  Connection(Server& server, ByteStream& stream, ThisFiber& fiber) noexcept;

  // Returns when the connection is over; the caller then closes the stream.
  void run();

 private:
  enum class After : std::uint8_t {
    wait,    // for more of the peer
    linger,  // the last response is sent; the peer may not know yet
    gone,    // nothing more to say or to hear
  };

  After serve_readable();
  After answer_complete(Workspace& workspace, Output& out, BatchStamps stamps);
  After answer_time_out();
  void linger(Nanos timeout_ns);
  void set_deadline();

  // Writes with a deadline of its own, and remembers what time that was.
  class StreamSink final : public ByteSink {
   public:
    StreamSink(ByteStream& stream, const Clock& clock, Nanos timeout_ns) noexcept
        : stream_(stream), clock_(clock), timeout_ns_(timeout_ns) {}
    bool write(std::span<const char> bytes) override;

   private:
    ByteStream& stream_;
    const Clock& clock_;
    Nanos timeout_ns_;
  };

  Server& server_;
  ByteStream& stream_;
  ThisFiber& fiber_;
  StreamSink sink_;
  Session session_;

  // The deadline stands for one phase of one request: bytes that trickle in do not move it.
  RequestReader::Phase deadline_phase_ = RequestReader::Phase::idle;
  bool deadline_due_ = true;  // a request was answered since it was set
  Nanos deadline_ns_ = 0;
};

}  // namespace etude::http
