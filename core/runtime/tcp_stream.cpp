#include "core/runtime/tcp_stream.h"

#include <sys/socket.h>

#include <cerrno>
#include <utility>

#include "core/runtime/reactor.h"

namespace etude {

IoStatus TcpStream::wait_readable(Nanos deadline_ns, WaitKind kind) {
  for (;;) {
    if (more_to_read_ || socket_.peer_closed.load(std::memory_order_relaxed)) return IoStatus::ok;
    if (kind == WaitKind::idle && socket_.home->stopping()) {
      return has_news() ? IoStatus::ok : IoStatus::stopping;
    }
    if (std::exchange(reset_may_hide_, false) && has_news()) return IoStatus::ok;
    switch (wait(socket_.readable, deadline_ns)) {
      case WakeReason::ready:
        return IoStatus::ok;
      case WakeReason::timed_out:
        return IoStatus::timed_out;
      case WakeReason::stopping:
        break;  // an idle wait ends above; another goes on
    }
  }
}

IoResult TcpStream::read_available(std::span<char> room) {
  for (;;) {
    const ssize_t count = recv(socket_.fd, room.data(), room.size(), 0);
    if (count > 0) {
      const auto bytes = static_cast<std::size_t>(count);
      more_to_read_ = bytes == room.size();
      reset_may_hide_ = true;
      return {.bytes = bytes, .status = IoStatus::ok};
    }
    more_to_read_ = false;
    if (count == 0) return {.bytes = 0, .status = IoStatus::closed};
    if (errno == EINTR) continue;
    const bool nothing_yet = errno == EAGAIN;
    return {.bytes = 0, .status = nothing_yet ? IoStatus::would_block : IoStatus::failed};
  }
}

IoStatus TcpStream::write_all(std::span<const char> bytes, Nanos deadline_ns) {
  while (!bytes.empty()) {
    const ssize_t count = send(socket_.fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count >= 0) {
      reset_may_hide_ = false;
      bytes = bytes.subspan(static_cast<std::size_t>(count));
      continue;
    }
    if (errno == EINTR) continue;
    if (errno != EAGAIN) return IoStatus::failed;
    if (wait(socket_.writable, deadline_ns) == WakeReason::timed_out) return IoStatus::timed_out;
  }
  return IoStatus::ok;
}

void TcpStream::shutdown_write() noexcept { shutdown(socket_.fd, SHUT_WR); }

WakeReason TcpStream::wait(ReadyWord& word, Nanos deadline_ns) {
  // relaxed: publish(), after the switch, releases it to the sweep.
  socket_.deadline_ns.store(deadline_ns, std::memory_order_relaxed);
  for (;;) {
    const WakeReason reason = fiber_.wait(word);
    // The sweep may have meant an earlier wait of this fiber: its own deadline counts.
    if (reason != WakeReason::timed_out || fiber_.carrier().now_ns() >= deadline_ns) return reason;
  }
}

bool TcpStream::has_news() const noexcept {
  char byte = 0;
  return recv(socket_.fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) != -1 || errno != EAGAIN;
}

}  // namespace etude
