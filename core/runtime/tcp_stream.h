// core/runtime/tcp_stream.h
//
// A connected socket as a ByteStream: what waits, waits in the fiber and not on the thread.
//
// Threads:   as ByteStream.
// Ownership: borrows socket and fiber; the worker that served the connection closes it.
// Ordering:  edge-triggered, so readiness is taken before the read it announces: what arrives
//            during the read announces itself again. A read that left room has emptied the
//            socket, and needs no second one that says so, unless the peer has closed: the end of
//            the stream makes no further edge. Nor does a reset that came with the last bytes, and
//            which libevent reports as mere readiness: a write meets it, and whoever waits without
//            having written looks first.

#pragma once

#include "core/runtime/fiber.h"
#include "core/runtime/io.h"
#include "core/runtime/socket.h"

namespace etude {

class TcpStream final : public ByteStream {
 public:
  TcpStream(Socket& socket, Fiber& fiber) : socket_(socket), fiber_(fiber) {}

  IoStatus wait_readable(Nanos deadline_ns, WaitKind kind) override;
  IoResult read_available(std::span<char> room) override;
  IoStatus write_all(std::span<const char> bytes, Nanos deadline_ns) override;
  void shutdown_write() noexcept override;

 private:
  WakeReason wait(ReadyWord& word, Nanos deadline_ns);
  bool has_news() const noexcept;  // bytes, the peer's close, or an error

  Socket& socket_;
  Fiber& fiber_;
  bool more_to_read_ = false;    // the last read filled its room
  bool reset_may_hide_ = false;  // behind the last read: nothing was written since
};

}  // namespace etude
