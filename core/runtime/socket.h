// core/runtime/socket.h
//
// One connection's place at its home reactor: what is ready, who waits for it, until when. A
// fiber that has moved to another worker still waits here; it needs no system call for it.
//
// Threads:   the words and flags from any thread; the rest by the home reactor under its lock.
// Ownership: a reactor owns its sockets, and hands one out from adopt() until retire().

#pragma once

#include <atomic>

#include "core/runtime/ready_word.h"
#include "core/types.h"

struct event;

namespace etude {

class Reactor;

struct alignas(64) Socket {
  static constexpr Nanos kNoDeadline_ns = 0;

  ReadyWord readable;
  ReadyWord writable;
  // Until when the waiting fiber will wait; the home's sweep looks at it now and then, so that no
  // timer is set or moved for a request.
  std::atomic<Nanos> deadline_ns{kNoDeadline_ns};
  // The peer has sent its last byte: a short read is then not the end of what can be read.
  std::atomic<bool> peer_closed{false};
  int fd = -1;
  Reactor* home = nullptr;

  Socket* next_retired = nullptr;  // link in the home's mailbox
  event* watch = nullptr;          // libevent's record of it
};

}  // namespace etude
