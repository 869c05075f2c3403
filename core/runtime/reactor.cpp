#include "core/runtime/reactor.h"

#include <event2/event.h>
#include <fmt/format.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "core/failure.h"

namespace etude {
namespace {

int checked(int fd, const char* what) {
  if (fd < 0) {
    throw Error(what, std::strerror(errno), "raise the limit of open files (ulimit -n)");
  }
  return fd;
}

event_base* make_base() {
  event_config* const config = event_config_new();
  require(config != nullptr, "libevent has memory for its configuration");
  // Each base has a lock of ours round it; times come from our own clock.
  event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK);
  event_config_require_features(config, EV_FEATURE_ET | EV_FEATURE_EARLY_CLOSE);
  event_base* const base = event_base_new_with_config(config);
  event_config_free(config);
  if (base == nullptr) {
    throw Error("libevent", "no edge-triggered poll to be had",
                "run on Linux with epoll, and raise the limit of open files (ulimit -n)");
  }
  return base;
}

}  // namespace

struct Reactor::Callbacks {
  static void on_socket(int /*fd*/, short what, void* argument) {
    Socket& socket = *static_cast<Socket*>(argument);
    Reactor& self = *socket.home;
    ++self.turn_events_;
    // relaxed: raise() below publishes it to the reader.
    if ((what & EV_CLOSED) != 0) socket.peer_closed.store(true, std::memory_order_relaxed);
    if ((what & (EV_READ | EV_CLOSED)) != 0) self.raise(socket.readable);
    if ((what & EV_WRITE) != 0) self.raise(socket.writable);
  }

  static void on_listener(int /*fd*/, short /*what*/, void* argument) {
    Reactor& self = *static_cast<Reactor*>(argument);
    ++self.turn_events_;
    self.sink_->on_acceptable();
  }

  // Doorbell and alarm: whoever waited looks again by itself.
  static void on_counter(int fd, short /*what*/, void* argument) {
    std::uint64_t count = 0;
    while (read(fd, &count, sizeof count) < 0 && errno == EINTR) {
    }
    Reactor& self = *static_cast<Reactor*>(argument);
    if (fd == self.alarm_fd_) self.alarm_ns_ = TimerHeap::kNever_ns;
  }
};

Reactor::Reactor()
    : base_(make_base()),
      doorbell_fd_(checked(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC), "eventfd")),
      alarm_fd_(checked(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC), "timerfd")),
      alarm_ns_(TimerHeap::kNever_ns),
      doorbell_watch_(watch_counter(doorbell_fd_)),
      alarm_watch_(watch_counter(alarm_fd_)) {}

Reactor::~Reactor() {
  collect();
  for (Socket& socket : sockets_) {
    if (socket.fd >= 0) release(socket);
    if (socket.watch != nullptr) event_free(socket.watch);
  }
  doorbell_watch_.reset();
  alarm_watch_.reset();
  listen_watch_.reset();
  close(doorbell_fd_);
  close(alarm_fd_);
}

std::size_t Reactor::poll(ReactorSink& sink) {
  const std::lock_guard lock(mutex_);
  return turn(sink, EVLOOP_ONCE | EVLOOP_NONBLOCK);
}

bool Reactor::try_poll(ReactorSink& sink) {
  const std::unique_lock lock(mutex_, std::try_to_lock);
  if (!lock.owns_lock()) return false;
  turn(sink, EVLOOP_ONCE | EVLOOP_NONBLOCK);
  return true;
}

std::size_t Reactor::wait(ReactorSink& sink, Nanos until_ns) {
  const std::lock_guard lock(mutex_);
  arm_alarm(until_ns);
  return turn(sink, EVLOOP_ONCE);
}

std::size_t Reactor::turn(ReactorSink& sink, int flags) {
  sink_ = &sink;
  turn_events_ = 0;
  event_base_loop(base_.get(), flags);
  sink_ = nullptr;
  return turn_events_;
}

void Reactor::ring() noexcept {
  const std::uint64_t one = 1;
  while (write(doorbell_fd_, &one, sizeof one) < 0 && errno == EINTR) {
  }
}

void Reactor::arm_alarm(Nanos until_ns) {
  if (until_ns == alarm_ns_) return;
  alarm_ns_ = until_ns;
  itimerspec spec{};  // all zero: it never rings
  if (until_ns != TimerHeap::kNever_ns) {
    const Nanos at_ns = until_ns > 0 ? until_ns : 1;
    spec.it_value.tv_sec = at_ns / kSecond;
    spec.it_value.tv_nsec = at_ns % kSecond;
  }
  timerfd_settime(alarm_fd_, TFD_TIMER_ABSTIME, &spec, nullptr);
}

void Reactor::raise(ReadyWord& word) noexcept {
  if (Fiber* const fiber = word.raise()) sink_->on_fiber_ready(*fiber, WakeReason::ready);
}

Socket& Reactor::adopt(int fd) {
  const std::lock_guard lock(mutex_);
  if (free_.empty()) free_.push_back(&sockets_.emplace_back());
  Socket& socket = *free_.back();
  free_.pop_back();

  socket.readable.reset();
  socket.writable.reset();
  socket.deadline_ns.store(Socket::kNoDeadline_ns, std::memory_order_relaxed);
  socket.peer_closed.store(false, std::memory_order_relaxed);
  socket.fd = fd;
  socket.home = this;
  constexpr short kWhat = EV_READ | EV_WRITE | EV_CLOSED | EV_ET | EV_PERSIST;
  if (socket.watch == nullptr) {
    socket.watch = event_new(base_.get(), fd, kWhat, Callbacks::on_socket, &socket);
  } else {
    event_assign(socket.watch, base_.get(), fd, kWhat, Callbacks::on_socket, &socket);
  }
  require(event_add(socket.watch, nullptr) == 0, "epoll takes a connected socket");
  open_count_.fetch_add(1, std::memory_order_relaxed);  // relaxed: a number for people
  return socket;
}

void Reactor::retire(Socket& socket) noexcept {
  // seq_cst: publishes the link and what the last fiber did, and stands before the caller's look at
  // whether the home sleeps (parking.h); has_retired() below is the other side of it.
  Socket* head = retired_.load(std::memory_order_relaxed);
  do {
    socket.next_retired = head;
  } while (!retired_.compare_exchange_weak(head, &socket, std::memory_order_seq_cst,
                                           std::memory_order_relaxed));
}

bool Reactor::has_retired() const noexcept {
  // seq_cst: part of the last look before parking, see parking.h.
  return retired_.load(std::memory_order_seq_cst) != nullptr;
}

std::size_t Reactor::collect() {
  if (retired_.load(std::memory_order_relaxed) == nullptr) return 0;  // relaxed: a hint
  const std::lock_guard lock(mutex_);
  std::size_t count = 0;
  Socket* socket = retired_.exchange(nullptr, std::memory_order_acquire);
  while (socket != nullptr) {
    Socket* const next = socket->next_retired;
    release(*socket);
    free_.push_back(socket);
    socket = next;
    ++count;
  }
  return count;
}

void Reactor::release(Socket& socket) {
  event_del(socket.watch);
  close(std::exchange(socket.fd, -1));
  open_count_.fetch_sub(1, std::memory_order_relaxed);
}

void Reactor::listen(int listen_fd) {
  const std::lock_guard lock(mutex_);
  listen_watch_.reset(
      event_new(base_.get(), listen_fd, EV_READ | EV_PERSIST, Callbacks::on_listener, this));
  event_add(listen_watch_.get(), nullptr);
}

void Reactor::pause_listening() {
  const std::lock_guard lock(mutex_);
  if (listen_watch_ == nullptr || std::exchange(paused_, true)) return;
  event_del(listen_watch_.get());
}

void Reactor::stop_listening() {
  const std::lock_guard lock(mutex_);
  listen_watch_.reset();
}

void Reactor::resume_listening() {
  const std::lock_guard lock(mutex_);
  if (listen_watch_ == nullptr || !std::exchange(paused_, false)) return;
  event_add(listen_watch_.get(), nullptr);
}

void Reactor::sweep(ReactorSink& sink, Nanos now_ns) {
  const std::lock_guard lock(mutex_);
  for (Socket& socket : sockets_) {
    // relaxed: the fiber checks its own deadline again when it runs.
    const Nanos deadline_ns = socket.deadline_ns.load(std::memory_order_relaxed);
    if (deadline_ns == Socket::kNoDeadline_ns || deadline_ns > now_ns) continue;
    if (Fiber* const fiber = socket.readable.withdraw()) {
      sink.on_fiber_ready(*fiber, WakeReason::timed_out);
    }
    if (Fiber* const fiber = socket.writable.withdraw()) {
      sink.on_fiber_ready(*fiber, WakeReason::timed_out);
    }
  }
}

void Reactor::tell_stopping(ReactorSink& sink) {
  // seq_cst, before the look at who waits: a fiber about to wait sees it, or is seen here.
  stopping_.store(true, std::memory_order_seq_cst);
  const std::lock_guard lock(mutex_);
  for (Socket& socket : sockets_) {
    if (Fiber* const fiber = socket.readable.withdraw()) {
      sink.on_fiber_ready(*fiber, WakeReason::stopping);
    }
  }
}

Reactor::EventPtr Reactor::watch_counter(int fd) {
  EventPtr watch(event_new(base_.get(), fd, EV_READ | EV_PERSIST, Callbacks::on_counter, this));
  require(watch != nullptr, "libevent has memory for an event");
  event_add(watch.get(), nullptr);
  return watch;
}

void Reactor::FreeEvent::operator()(event* watch) const noexcept { event_free(watch); }

void Reactor::FreeBase::operator()(event_base* base) const noexcept { event_base_free(base); }

}  // namespace etude
