// experiments/load/poller.h
//
// The load generator's only use of epoll: sockets registered once, edge-triggered, for both
// directions, so that a request costs no epoll_ctl.
//
// Threads: one.
// Errors:  Error from the constructor and add_signal(), which belong to the set-up; false from
//          add_socket().

#pragma once

#include <sys/epoll.h>

#include <cstdint>
#include <vector>

#include "core/types.h"

namespace etude::load {

struct Ready {
  std::uint32_t token;
  bool readable;  // or closing: reading tells
  bool writable;
  bool closing;  // the peer closed or reset: read until the end shows
};

class Poller {
 public:
  Poller();
  ~Poller();
  Poller(const Poller&) = delete;
  Poller& operator=(const Poller&) = delete;

  [[nodiscard]] bool add_socket(int fd, std::uint32_t token) noexcept;  // leaves by being closed
  void add_signal(int fd, std::uint32_t token);  // an eventfd, seen until it is taken out
  void remove(int fd) noexcept;

  // Blocks for at most `timeout_ns`, 0: not at all. Returns how many are ready.
  std::size_t wait(Nanos timeout_ns) noexcept;
  Ready ready(std::size_t i) const noexcept {
    const std::uint32_t events = events_[i].events;
    return {.token = events_[i].data.u32,
            .readable = (events & (EPOLLIN | kClosing)) != 0,
            .writable = (events & EPOLLOUT) != 0,
            .closing = (events & kClosing) != 0};
  }

 private:
  static constexpr std::uint32_t kClosing = EPOLLRDHUP | EPOLLHUP | EPOLLERR;

  bool add(int fd, std::uint32_t token, std::uint32_t events) noexcept;

  int fd_;
  std::vector<epoll_event> events_;
};

}  // namespace etude::load
