#include "experiments/load/connection.h"

#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "core/clock.h"
#include "core/failure.h"
#include "core/text.h"

namespace etude::load {
namespace {

// sockaddr_storage is made to be read as the address it holds.
const sockaddr* as_sockaddr(const Address& address) noexcept {
  return reinterpret_cast<const sockaddr*>(&address.storage);
}

}  // namespace

Connection::~Connection() {
  if (fd_ >= 0) ::close(fd_);
}

bool Connection::connect(const Address& target, const std::optional<Address>& source,
                         Nanos now_ns) noexcept {
  require(state_ == State::closed, "a closed connection connects");
  fd_ = ::socket(target.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd_ < 0) return false;
  const int on = 1;
  setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (source) {
    // The port is chosen by connect(), which may share it between targets.
    setsockopt(fd_, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
  }
  if ((source && ::bind(fd_, as_sockaddr(*source), source->bytes) != 0) ||
      (::connect(fd_, as_sockaddr(target), target.bytes) != 0 && errno != EINPROGRESS)) {
    const int reason = errno;
    ::close(std::exchange(fd_, -1));
    errno = reason;
    return false;
  }
  state_ = State::connecting;
  since_ns_ = now_ns;
  return true;
}

bool Connection::established(Nanos now_ns, Recorder& recorder) noexcept {
  int reason = 0;
  socklen_t bytes = sizeof reason;
  getsockopt(fd_, SOL_SOCKET, SO_ERROR, &reason, &bytes);
  if (reason != 0) {
    errno = reason;
    return false;
  }
  state_ = State::open;
  recorder.connection_opened(now_ns);
  return true;
}

std::uint32_t Connection::close(Nanos now_ns, const RequestTape& tape,
                                Recorder& recorder) noexcept {
  require(state_ != State::closed, "a closed connection is not closed again");
  if (state_ == State::open) {
    recorder.lost(now_ns, in_flight_);
    recorder.connection_closed(now_ns);
  }
  ::close(std::exchange(fd_, -1));
  state_ = State::closed;
  in_flight_ = 0;
  asked_ = 0;
  unsent_begin_ = unsent_end_ = 0;
  tape_position_ %= tape.period();
  groups_sent_ = 0;
  log_.clear();
  read_state_ = {};
  carry_.clear();
  return std::exchange(outstanding_, 0U);
}

Nanos Connection::waiting_since_ns() const noexcept {
  if (state_ == State::connecting) return since_ns_;
  if (log_.empty()) return 0;
  const SentGroup& oldest = log_.front();
  return oldest.intended_ns != 0 ? oldest.intended_ns : oldest.send_ns;
}

void Connection::queue(std::uint32_t count, const RequestTape& tape, Nanos intended_ns,
                       Nanos population_wait_ns) {
  if (unsent_begin_ == unsent_end_) {
    unsent_begin_ = tape.offset(tape_position_);
  } else if (unsent_begin_ >= tape.period_bytes()) {
    // Still unsent a whole cycle on: step back to the same bytes one cycle earlier, so that the
    // piece stays on the tape.
    unsent_begin_ -= tape.period_bytes();
    tape_position_ -= tape.period();
  }
  log_.push({.intended_ns = intended_ns,
             .send_ns = 0,
             .population_wait_ns = population_wait_ns,
             .count = count,
             .position = tape_position_});
  tape_position_ += count;
  unsent_end_ = tape.offset(tape_position_);
  outstanding_ += count;
  asked_ += count;
}

Progress Connection::flush(Shared& shared) {
  if (!has_unsent()) return Progress::going_on;
  const std::string_view bytes = shared.tape.bytes(unsent_begin_, unsent_end_);
  const Nanos now_ns = monotonic_ns();
  mark_sent(shared, now_ns);
  const ssize_t written = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  if (written < 0) {
    if (errno == EAGAIN || errno == EINTR) return Progress::going_on;  // EPOLLOUT will come
    shared.problem = std::strerror(errno);
    return Progress::write_failed;
  }
  unsent_begin_ += static_cast<std::size_t>(written);
  // All sent: the cycle begins again where it may.
  if (!has_unsent()) tape_position_ %= shared.tape.period();
  return Progress::going_on;
}

// The groups that wait are offered to the kernel now.
void Connection::mark_sent(Shared& shared, Nanos now_ns) {
  std::uint32_t offered = 0;
  for (; groups_sent_ < log_.size(); ++groups_sent_) {
    SentGroup& group = log_.at(groups_sent_);
    group.send_ns = now_ns;
    offered += group.count;
    if (shared.open_loop) {
      shared.recorder.lagged(now_ns, group.intended_ns, group.population_wait_ns);
    }
  }
  if (offered == 0) return;
  if (in_flight_ == 0) since_ns_ = now_ns;
  shared.recorder.sent(now_ns, offered, in_flight_ == 0);
  in_flight_ += offered;
}

Progress Connection::receive(Shared& shared, bool until_empty) {
  while (true) {
    std::memcpy(shared.buffer.data(), carry_.data(), carry_.size());
    const std::span<char> room = shared.buffer.subspan(carry_.size());
    const ssize_t got = ::recv(fd_, room.data(), room.size(), 0);
    const Nanos now_ns = monotonic_ns();
    if (got < 0) {
      if (errno == EAGAIN) return Progress::going_on;
      if (errno == EINTR) continue;
      shared.problem = std::strerror(errno);
      return Progress::read_failed;
    }
    if (got == 0) {
      if (outstanding_ == 0) return Progress::ended;
      shared.problem = "the server closed before it had answered";
      return Progress::read_failed;
    }
    const auto bytes = static_cast<std::size_t>(got);
    shared.recorder.received(now_ns, bytes);
    const std::string_view seen(shared.buffer.data(), carry_.size() + bytes);
    const ReadOutcome outcome = shared.reader.read(read_state_, seen);
    if (!account(shared, outcome, now_ns)) return Progress::read_failed;
    if (outcome.malformed != nullptr) {
      shared.problem = fmt::format("{}: starts with {}", outcome.malformed,
                                   quoted_start(seen.substr(outcome.consumed)));
      return Progress::read_failed;
    }
    if (outcome.close) {
      if (outstanding_ == 0) return Progress::ended;
      shared.problem = "the server announced to close before it had answered all";
      return Progress::read_failed;
    }
    carry_.assign(seen.substr(outcome.consumed));
    // A short read has emptied the socket (epoll(7)); what comes later is a new edge.
    if (bytes < room.size() && !until_empty) return Progress::going_on;
  }
}

// Takes the answered requests off the log. False: more came than was asked for.
bool Connection::account(Shared& shared, const ReadOutcome& outcome, Nanos now_ns) {
  Recorder& recorder = shared.recorder;
  std::uint32_t left = outcome.responses;
  if (left > in_flight_) {
    shared.problem = "a response that nobody asked for";
    return false;
  }
  if (recorder.measures(now_ns)) requests_measured_ += left;
  while (left > 0) {
    SentGroup& group = log_.front();
    const std::uint32_t count = std::min(left, group.count);
    left -= count;
    in_flight_ -= count;
    outstanding_ -= count;
    recorder.answered(now_ns, group.send_ns, count, in_flight_ == 0);
    if (shared.open_loop) recorder.answered_intended(now_ns, group.intended_ns, count);
    if (shared.tape.has_routes()) {
      for (std::uint32_t i = 0; i < count; ++i) {
        recorder.answered_route(now_ns, group, shared.tape.route(group.position++));
      }
    }
    group.count -= count;
    if (group.count == 0) {
      log_.pop();
      --groups_sent_;
    }
  }
  if (outcome.responses > 0 && in_flight_ == 0 && shared.batches) {
    recorder.batch_answered(now_ns, since_ns_);
  }
  if (outcome.responses > 0) recorder.answered_statuses(now_ns, outcome.by_class);
  if (outcome.status_bad > 0) {
    recorder.fault(now_ns, Fault::status, outcome.status_bad,
                   fmt::format("status {}", outcome.bad_status));
  }
  if (outcome.body_bad > 0) {
    recorder.fault(now_ns, Fault::body, outcome.body_bad, "a body other than expected");
  }
  return true;
}

}  // namespace etude::load
