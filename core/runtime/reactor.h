// core/runtime/reactor.h
//
// Sees ready sockets and names the fibers that wait for them: the only owner of libevent. Each
// worker has one, its home reactor. A socket is registered once, when it is adopted, for both
// directions and edge-triggered; waiting costs no system call.
//
// Threads:   poll() and wait() by the home worker; poll() also by another worker that claims it
//            (try_poll). retire() and ring() from any thread. The rest by the home worker
//            outside of poll() and wait(): it takes the lock itself.
// Ownership: owns its sockets and their file descriptors from adopt() on.
// Limits:    as many sockets as file descriptors.
// Errors:    the constructor throws Error when the machine refuses an epoll or event descriptor.
// Source:    epoll(7), "edge-triggered"; libevent 2.1, EV_ET and EV_CLOSED.

#pragma once

#include <atomic>
#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <vector>

#include "core/runtime/fiber.h"
#include "core/runtime/socket.h"
#include "core/types.h"

struct event_base;

namespace etude {

// Whom a reactor tells.
class ReactorSink {
 public:
  // A fiber that waited at one of the reactor's sockets may run. The sink owns it from here on.
  virtual void on_fiber_ready(Fiber& fiber, WakeReason reason) noexcept = 0;
  // The listening socket has connections to accept.
  virtual void on_acceptable() noexcept = 0;

 protected:
  ~ReactorSink() = default;
};

class Reactor {
 public:
  Reactor();
  ~Reactor();
  Reactor(const Reactor&) = delete;
  Reactor& operator=(const Reactor&) = delete;

  // Looks once, without blocking. Returns how many events it reported.
  std::size_t poll(ReactorSink& sink);
  // As poll(), for a worker whose reactor this is not. False: somebody is polling it already.
  bool try_poll(ReactorSink& sink);
  // Blocks until there is an event, a ring(), or `until_ns` has come. Returns as poll().
  std::size_t wait(ReactorSink& sink, Nanos until_ns);
  // Ends a wait() now, or the next one at once.
  void ring() noexcept;

  Socket& adopt(int fd);
  // Gives a socket back; its descriptor is closed when the home worker next collects.
  void retire(Socket& socket) noexcept;
  // Closes what was retired. Returns how many.
  std::size_t collect();
  bool has_retired() const noexcept;

  // Watches a listening socket, which stays the caller's.
  void listen(int listen_fd);
  void stop_listening();
  void pause_listening();
  void resume_listening();
  bool listening_paused() const noexcept { return paused_; }

  // Withdraws the fibers whose deadline has passed.
  void sweep(ReactorSink& sink, Nanos now_ns);
  // From now on idle waits end: withdraws every fiber that waits for something to read.
  void tell_stopping(ReactorSink& sink);
  bool stopping() const noexcept { return stopping_.load(std::memory_order_seq_cst); }

  std::size_t sockets_open() const noexcept { return open_count_.load(std::memory_order_relaxed); }

 private:
  struct Callbacks;  // what libevent calls
  struct FreeEvent {
    void operator()(event* watch) const noexcept;
  };
  using EventPtr = std::unique_ptr<event, FreeEvent>;

  std::size_t turn(ReactorSink& sink, int flags);
  void raise(ReadyWord& word) noexcept;
  void arm_alarm(Nanos until_ns);
  EventPtr watch_counter(int fd);
  void release(Socket& socket);

  struct FreeBase {
    void operator()(event_base* base) const noexcept;
  };

  std::mutex mutex_;  // round the base and the sockets: the home worker, or one that claims
  std::unique_ptr<event_base, FreeBase> base_;
  ReactorSink* sink_ = nullptr;  // during a turn
  std::size_t turn_events_ = 0;  // reported during a turn

  int doorbell_fd_;  // eventfd, written by ring()
  int alarm_fd_;     // timerfd: microseconds, where epoll_wait counts milliseconds
  Nanos alarm_ns_;   // when it is set to ring
  EventPtr doorbell_watch_;
  EventPtr alarm_watch_;
  EventPtr listen_watch_;
  bool paused_ = false;
  std::atomic<bool> stopping_{false};

  std::deque<Socket> sockets_;  // never moves, never shrinks
  std::vector<Socket*> free_;
  std::atomic<std::size_t> open_count_{0};
  std::atomic<Socket*> retired_{nullptr};
};

}  // namespace etude
