// Client: its connections, made, refilled, dropped. Its life is in client.cpp.

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "core/clock.h"
#include "experiments/load/client.h"
#include "experiments/load/workload.h"

namespace etude::load {
namespace {

constexpr Nanos kRetryAfter_ns = 100 * kMillisecond;

}  // namespace

// For a source address; what runs beside the load is numbered after all of it.
std::uint32_t Client::number_of(std::uint32_t slot) const noexcept {
  if (!is_beside(slot)) return first_connection_ + slot;
  return options_.connections + first_beside_ + (slot - main_.size);
}

void Client::start_connects() {
  if (phase_ == Phase::drain && !open_loop_) return;
  while (const auto slot = connect_queue_.take(now_ns_, connecting_)) {
    Connection& connection = connections_[*slot];
    const std::optional<Address> source = source_for(address_, number_of(*slot));
    if (!connection.connect(address_, source, now_ns_)) {
      fail_connect(*slot, errno);
      continue;
    }
    ++connecting_;
    if (!poller_.add_socket(connection.fd(), *slot)) fail_connect(*slot, errno);
  }
}

void Client::fail_connect(std::uint32_t slot, int reason) {
  Population& population = population_of(slot);
  if (connections_[slot].state() == Connection::State::connecting) {
    connections_[slot].close(now_ns_, population.shared.tape, population.recorder);
    --connecting_;
  }
  renewing_[slot] = false;
  ++population.connects_failed;
  connect_problem_ = std::strerror(reason);
  population.recorder.fault(now_ns_, Fault::connect, 1, connect_problem_);
  connect_queue_.add(slot, now_ns_ + kRetryAfter_ns);
}

void Client::on_ready(const Ready& ready) {
  if (ready.token == kGateToken) return;
  Connection& connection = connections_[ready.token];
  Population& population = population_of(ready.token);
  if (connection.state() == Connection::State::connecting) {
    if (!connection.established(now_ns_, population.recorder)) {
      fail_connect(ready.token, errno);
      return;
    }
    --connecting_;
    renewing_[ready.token] = false;
  }
  Progress progress = Progress::going_on;
  if (ready.writable && connection.has_unsent()) progress = connection.flush(population.shared);
  if (ready.readable && progress == Progress::going_on) {
    progress = connection.receive(population.shared, ready.closing);
  }
  if (progress != Progress::going_on) {
    drop(ready.token, progress);
  } else if (phase_ != Phase::ramp && (phase_ != Phase::drain || open_loop_)) {
    // A closed loop sends nothing more while it drains; an open one may still owe requests.
    refill(ready.token);
  }
}

// Gives an open connection its next requests, if it is time for them.
void Client::refill(std::uint32_t slot) {
  const bool scheduled = open_loop_ && !is_beside(slot);
  if (phase_ == Phase::drain && !scheduled) return;
  Connection& connection = connections_[slot];
  if (population_of(slot).is_used_up(connection)) {
    renew(slot);
  } else if (scheduled) {
    offer(slot);
  } else if (!think_ || is_beside(slot)) {
    send_next(slot);
  } else if (connection.outstanding() == 0) {
    think_->start(slot, now_ns_, !has_asked_[slot]);
  }
}

void Client::send_next(std::uint32_t slot) {
  Connection& connection = connections_[slot];
  const Population& population = population_of(slot);
  if (options_.mode == Mode::batch && connection.outstanding() > 0) return;
  const std::uint32_t count = population.room_of(connection);
  if (count == 0) return;
  if (!options_.turns.is_ours(now_ns_)) {
    if (!is_held_[slot]) held_.push_back(slot);
    is_held_[slot] = true;
    return;
  }
  connection.queue(count, population.shared.tape);
  flush(slot);
}

// When the client's turn has come: those that were ready to send before it.
void Client::send_held() {
  if (!options_.turns.is_ours(now_ns_)) return;
  const std::vector<std::uint32_t> due = std::exchange(held_, {});
  for (const std::uint32_t slot : due) {
    is_held_[slot] = false;
    if (connections_[slot].state() == Connection::State::open && phase_ != Phase::drain) {
      send_next(slot);
    }
  }
}

void Client::wake_thinkers() {
  if (phase_ != Phase::warm_up && phase_ != Phase::measure) return;
  while (const auto slot = think_->take(now_ns_)) {
    has_asked_[*slot] = true;
    send_next(*slot);
  }
}

// Closes a connection that has asked as often as it may; the queue makes it anew.
void Client::renew(std::uint32_t slot) {
  connections_[slot].close(now_ns_, tape_, main_.recorder);
  if (main_.recorder.measures(now_ns_)) ++main_.renewals;
  renewing_[slot] = true;
  connect_queue_.add(slot, now_ns_);
}

void Client::flush(std::uint32_t slot) {
  const Progress progress = connections_[slot].flush(population_of(slot).shared);
  if (progress != Progress::going_on) drop(slot, progress);
}

void Client::drop(std::uint32_t slot, Progress why) {
  Population& population = population_of(slot);
  if (think_ && !is_beside(slot)) think_->cancel(slot);
  const std::uint32_t lost =
      connections_[slot].close(now_ns_, population.shared.tape, population.recorder);
  if (why != Progress::ended) {
    population.recorder.fault(now_ns_, why == Progress::write_failed ? Fault::write : Fault::read,
                              std::max(lost, 1U), population.shared.problem);
  }
  ++population.reconnects;
  connect_queue_.add(slot, now_ns_);
}

// Closes what has waited for longer than the time-out.
void Client::give_up_late_ones() {
  next_scan_ns_ = now_ns_ + scan_every_ns_;
  const Nanos latest_ns = now_ns_ - options_.timeout_ns;
  for (std::uint32_t slot = 0; slot < connections_.size(); ++slot) {
    Connection& connection = connections_[slot];
    const Nanos since_ns = connection.waiting_since_ns();
    if (since_ns == 0 || since_ns > latest_ns) continue;
    if (connection.state() == Connection::State::connecting) {
      fail_connect(slot, ETIMEDOUT);
      continue;
    }
    Population& population = population_of(slot);
    const std::uint32_t lost =
        connection.close(now_ns_, population.shared.tape, population.recorder);
    population.recorder.fault(now_ns_, Fault::timeout, lost, "no response within the time-out");
    ++population.reconnects;
    connect_queue_.add(slot, now_ns_);
  }
  if (!open_loop_) return;
  main_.recorder.fault(now_ns_, Fault::timeout, open_loop_->give_up(latest_ns),
                       "no connection free within the time-out");
}

// Sends what the schedule wants by now, as far as connections have room.
void Client::dispatch_arrivals() {
  const Nanos now_ns = monotonic_ns();
  open_loop_->collect(std::min(now_ns, gate_.timeline.measure_end_ns - 1), now_ns);
  while (const auto slot = open_loop_->take_connection()) {
    Connection& connection = connections_[*slot];
    if (connection.state() != Connection::State::open) continue;
    const OpenLoop::Due due = open_loop_->take_due();
    const Nanos population_wait_ns = std::max<Nanos>(0, idle_until_ns_ - due.collected_ns);
    if (is_drawn(tape_)) {
      // The arrival's own request, whoever sends it: pieces that do not follow each other on the
      // tape are written one by one.
      connection.seek(static_cast<std::uint32_t>(due.number % tape_.period()));
      connection.queue(1, tape_, due.intended_ns, population_wait_ns);
      flush(*slot);
    } else {
      connection.queue(1, tape_, due.intended_ns, population_wait_ns);
      queued_.push_back(*slot);
    }
    offer(*slot);
  }
  for (const std::uint32_t slot : queued_) {
    // One write carries all that this round gave the connection.
    if (connections_[slot].state() == Connection::State::open) flush(slot);
  }
  queued_.clear();
}

// Open loop: the connection takes its turn again if it has room.
void Client::offer(std::uint32_t slot) {
  const Connection& connection = connections_[slot];
  if (main_.room_of(connection) == 0) return;
  if (is_drawn(tape_) && connection.has_unsent()) return;
  open_loop_->offer(slot);
}

}  // namespace etude::load
