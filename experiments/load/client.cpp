#include "experiments/load/client.h"

#include <sys/prctl.h>
#include <sys/resource.h>

#include <cerrno>
#include <cstring>

#include "core/clock.h"
#include "core/failure.h"

namespace etude::load {
namespace {

constexpr std::uint32_t kGateToken = 0xffff'ffffU;
constexpr std::size_t kBufferBytes = 64 * 1024;
constexpr Nanos kRampMax_ns = 30 * kSecond;
constexpr Nanos kRetryAfter_ns = 100 * kMillisecond;
// With not one connection made after so many attempts, nobody listens there.
constexpr std::uint64_t kHopelessAttempts = 10;

CpuTime thread_cpu() noexcept {
  rusage usage{};
  getrusage(RUSAGE_THREAD, &usage);
  const auto nanos = [](const timeval& time) {
    return Nanos{time.tv_sec} * kSecond + Nanos{time.tv_usec} * kMicrosecond;
  };
  return {.user_ns = nanos(usage.ru_utime), .sys_ns = nanos(usage.ru_stime)};
}

}  // namespace

Client::Client(const Config& config)
    : options_(config.options),
      address_(config.address),
      tape_(config.tape),
      gate_(config.gate),
      first_connection_(config.first_connection),
      reader_(config.options.expect_body),
      buffer_(kBufferBytes),
      shared_{.tape = tape_,
              .reader = reader_,
              .recorder = recorder_,
              .buffer = buffer_,
              .batches = !is_open_loop(options_) && options_.mode == Mode::batch,
              .open_loop = is_open_loop(options_),
              .problem = {}},
      connections_(config.connections),
      connect_queue_(config.options.threads),
      // Late ones are found at most a quarter of the time-out too late, and the scan stays rare.
      scan_every_ns_(std::clamp(options_.timeout_ns / 4, kMillisecond, 500 * kMillisecond)),
      is_roomy_(config.connections) {
  if (is_open_loop(options_)) {
    arrivals_.emplace(options_.arrival, options_.rate_rps, options_.seed,
                      Arrivals::Share{.thread = config.thread, .threads = options_.threads});
  }
  poller_.add_signal(gate_.wake_fd, kGateToken);
}

void Client::run() {
  // Without this the kernel may let every timed wait of an open loop run 50 us late.
  prctl(PR_SET_TIMERSLACK, 1);
  now_ns_ = monotonic_ns();
  ramp_end_ns_ = now_ns_ + kRampMax_ns;
  for (std::uint32_t slot = 0; slot < connections_.size(); ++slot) {
    connect_queue_.add(slot, now_ns_);
  }
  while (!ramp_is_over()) turn();
  gate_.open_count.fetch_add(static_cast<std::uint32_t>(recorder_.open()),
                             std::memory_order_relaxed);  // the latch publishes it
  gate_.connected.count_down();

  // acquire: the timeline was written before.
  while (!gate_.opened.load(std::memory_order_acquire)) turn();
  begin_traffic();
  while (phase_ != Phase::drain) turn();
  const Nanos drain_end_ns = gate_.timeline.measure_end_ns + options_.timeout_ns;
  while (owes_something() && now_ns_ < drain_end_ns) turn();
  recorder_.fault(now_ns_, Fault::timeout, recorder_.inflight() + backlog_.size(),
                  "not answered when the drain ended");
  recorder_.finish(now_ns_);
}

bool Client::ramp_is_over() const noexcept {
  if (recorder_.open() == connections_.size() || now_ns_ >= ramp_end_ns_) return true;
  return recorder_.open() == 0 && connects_failed_ >= kHopelessAttempts;
}

// Whether the measured time has left requests to be answered, or sent at all: a thread that ran
// late still has the last arrivals of the schedule before it.
bool Client::owes_something() const noexcept {
  if (recorder_.inflight() > 0 || !backlog_.empty()) return true;
  return arrivals_ && next_arrival_ns() < gate_.timeline.measure_end_ns;
}

void Client::begin_traffic() {
  poller_.remove(gate_.wake_fd);
  recorder_.set_timeline(gate_.timeline);
  phase_ = Phase::warm_up;
  now_ns_ = monotonic_ns();
  move_on();
  for (std::uint32_t slot = 0; slot < connections_.size(); ++slot) {
    if (connections_[slot].state() == Connection::State::open) refill(slot);
  }
}

// One round: start what is due, wait, handle what is ready.
void Client::turn() {
  start_connects();
  if (arrivals_ && phase_ != Phase::ramp) dispatch_arrivals();
  const Nanos before_ns = arrivals_ ? monotonic_ns() : now_ns_;
  const std::size_t count = poller_.wait(std::max<Nanos>(0, next_deadline_ns() - before_ns));
  now_ns_ = monotonic_ns();
  move_on();
  for (std::size_t i = 0; i < count; ++i) on_ready(poller_.ready(i));
  if (now_ns_ >= next_scan_ns_) give_up_late_ones();
}

void Client::move_on() {
  const Timeline& timeline = gate_.timeline;
  if (phase_ == Phase::warm_up && now_ns_ >= timeline.measure_start_ns) {
    phase_ = Phase::measure;
    const CpuTime cpu = thread_cpu();
    cpu_ = {.user_ns = -cpu.user_ns, .sys_ns = -cpu.sys_ns};
    recorder_.fault(now_ns_, Fault::connect, connections_.size() - recorder_.open(),
                    connect_problem_);
  }
  if (phase_ == Phase::measure && now_ns_ >= timeline.measure_end_ns) {
    phase_ = Phase::drain;
    const CpuTime cpu = thread_cpu();
    cpu_.user_ns += cpu.user_ns;
    cpu_.sys_ns += cpu.sys_ns;
    connections_open_ = static_cast<std::uint32_t>(recorder_.open());
  }
}

Nanos Client::next_deadline_ns() const noexcept {
  Nanos next_ns = std::min(next_scan_ns_, connect_queue_.next_ns(connecting_));
  if (phase_ == Phase::warm_up) next_ns = std::min(next_ns, gate_.timeline.measure_start_ns);
  if (phase_ == Phase::measure) next_ns = std::min(next_ns, gate_.timeline.measure_end_ns);
  if (arrivals_ && (phase_ == Phase::warm_up || phase_ == Phase::measure)) {
    next_ns = std::min(next_ns, next_arrival_ns());
  }
  return next_ns;
}

void Client::start_connects() {
  if (phase_ == Phase::drain) return;
  while (const auto slot = connect_queue_.take(now_ns_, connecting_)) {
    Connection& connection = connections_[*slot];
    const std::optional<Address> source = source_for(address_, first_connection_ + *slot);
    if (!connection.connect(address_, source, now_ns_)) {
      fail_connect(*slot, errno);
      continue;
    }
    ++connecting_;
    if (!poller_.add_socket(connection.fd(), *slot)) fail_connect(*slot, errno);
  }
}

void Client::fail_connect(std::uint32_t slot, int reason) {
  if (connections_[slot].state() == Connection::State::connecting) {
    connections_[slot].close(now_ns_, tape_, recorder_);
    --connecting_;
  }
  ++connects_failed_;
  connect_problem_ = std::strerror(reason);
  recorder_.fault(now_ns_, Fault::connect, 1, connect_problem_);
  connect_queue_.add(slot, now_ns_ + kRetryAfter_ns);
}

void Client::on_ready(const Ready& ready) {
  if (ready.token == kGateToken) return;
  Connection& connection = connections_[ready.token];
  if (connection.state() == Connection::State::connecting) {
    if (!connection.established(now_ns_, recorder_)) {
      fail_connect(ready.token, errno);
      return;
    }
    --connecting_;
  }
  Progress progress = Progress::going_on;
  if (ready.writable && connection.has_unsent()) progress = connection.flush(shared_);
  if (ready.readable && progress == Progress::going_on) {
    progress = connection.receive(shared_, ready.closing);
  }
  if (progress != Progress::going_on) {
    drop(ready.token, progress);
  } else if (phase_ != Phase::ramp && (phase_ != Phase::drain || arrivals_)) {
    // A closed loop sends nothing more while it drains; an open one may still owe requests.
    refill(ready.token);
  }
}

// Gives an open connection its next requests, if it is time for them.
void Client::refill(std::uint32_t slot) {
  Connection& connection = connections_[slot];
  if (arrivals_) {
    offer(slot);
    return;
  }
  const std::uint32_t outstanding = connection.outstanding();
  if (outstanding == options_.pipeline) return;
  if (options_.mode == Mode::batch && outstanding > 0) return;
  connection.queue(options_.pipeline - outstanding, 0, tape_);
  const Progress progress = connection.flush(shared_);
  if (progress != Progress::going_on) drop(slot, progress);
}

void Client::drop(std::uint32_t slot, Progress why) {
  const std::uint32_t lost = connections_[slot].close(now_ns_, tape_, recorder_);
  if (why != Progress::ended) {
    recorder_.fault(now_ns_, why == Progress::write_failed ? Fault::write : Fault::read,
                    std::max(lost, 1U), shared_.problem);
  }
  ++reconnects_;
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
    const std::uint32_t lost = connection.close(now_ns_, tape_, recorder_);
    recorder_.fault(now_ns_, Fault::timeout, lost, "no response within the time-out");
    ++reconnects_;
    connect_queue_.add(slot, now_ns_);
  }
  std::uint64_t unsent = 0;
  for (; !backlog_.empty() && backlog_.front() <= latest_ns; backlog_.pop_front()) ++unsent;
  recorder_.fault(now_ns_, Fault::timeout, unsent, "no connection free within the time-out");
}

// Sends what the schedule wants by now, as far as connections have room.
void Client::dispatch_arrivals() {
  const Nanos now_ns = monotonic_ns();
  const Nanos last_ns = std::min(now_ns, gate_.timeline.measure_end_ns - 1);
  for (; next_arrival_ns() <= last_ns; arrivals_->pop()) backlog_.push_back(next_arrival_ns());
  while (!backlog_.empty() && !roomy_.empty()) {
    const std::uint32_t slot = roomy_.front();
    roomy_.pop_front();
    is_roomy_[slot] = false;
    Connection& connection = connections_[slot];
    if (connection.state() != Connection::State::open) continue;
    connection.queue(1, backlog_.front(), tape_);
    backlog_.pop_front();
    queued_.push_back(slot);
    offer(slot);
  }
  for (const std::uint32_t slot : queued_) {
    // One write carries all that this round gave the connection.
    if (connections_[slot].state() != Connection::State::open) continue;
    const Progress progress = connections_[slot].flush(shared_);
    if (progress != Progress::going_on) drop(slot, progress);
  }
  queued_.clear();
}

// Open loop: the connection takes its turn again if it has room.
void Client::offer(std::uint32_t slot) {
  const Connection& connection = connections_[slot];
  if (is_roomy_[slot] || connection.outstanding() >= options_.pipeline) return;
  is_roomy_[slot] = true;
  roomy_.push_back(slot);
}

}  // namespace etude::load
