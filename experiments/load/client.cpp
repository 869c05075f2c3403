#include "experiments/load/client.h"

#include <sys/prctl.h>
#include <sys/resource.h>

#include <algorithm>
#include <string_view>

#include "core/clock.h"
#include "experiments/load/workload.h"

namespace etude::load {
namespace {

constexpr std::size_t kBufferBytes = 64 * 1024;
constexpr Nanos kRampMax_ns = 30 * kSecond;
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
      first_beside_(config.first_beside),
      buffer_(kBufferBytes),
      main_(config.options, config.tape, buffer_, config.connections),
      connections_(config.connections + config.beside),
      connect_queue_(config.options.threads),
      // Late ones are found at most a quarter of the time-out too late, and the scan stays rare.
      scan_every_ns_(std::clamp(options_.timeout_ns / 4, kMillisecond, 500 * kMillisecond)),
      is_held_(connections_.size()),
      has_asked_(connections_.size()),
      renewing_(connections_.size()) {
  if (config.beside > 0) {
    beside_ = std::make_unique<Population>(*config.beside_tape, buffer_, config.beside);
  }
  if (is_open_loop(options_)) {
    const Arrivals arrivals(options_.arrival, options_.rate_rps, options_.seed,
                            {.thread = config.thread, .threads = options_.threads});
    open_loop_.emplace(arrivals, config.connections);
  }
  if (options_.think.mean_ns > 0) {
    think_.emplace(options_.think, options_.seed, config.first_connection, config.connections);
  }
  poller_.add_signal(gate_.wake_fd, kGateToken);
}

void Client::run() {
  // Without this the kernel may let every timed wait of an open loop run 50 us late.
  prctl(PR_SET_TIMERSLACK, 1);
  now_ns_ = monotonic_ns();
  ramp_end_ns_ = now_ns_ + options_.ramp_ns + kRampMax_ns;
  for (std::uint32_t slot = 0; slot < connections_.size(); ++slot) {
    const std::uint64_t part = std::uint64_t{slot} * 1'000'000 / connections_.size();
    connect_queue_.add(slot, now_ns_ + options_.ramp_ns / 1'000'000 * static_cast<Nanos>(part));
    const RequestTape& tape = population_of(slot).shared.tape;
    connections_[slot].seek(first_position(tape, options_.seed, number_of(slot)));
  }
  while (!ramp_is_over()) turn();
  gate_.open_count.fetch_add(static_cast<std::uint32_t>(main_.recorder.open()),
                             std::memory_order_relaxed);  // the latch publishes it
  gate_.connected.count_down();

  // acquire: the timeline was written before.
  while (!gate_.opened.load(std::memory_order_acquire)) turn();
  begin_traffic();
  while (phase_ != Phase::drain) turn();
  const Nanos drain_end_ns = gate_.timeline.measure_end_ns + options_.timeout_ns;
  while (owes_something() && now_ns_ < drain_end_ns) turn();
  constexpr std::string_view kUnanswered = "not answered when the drain ended";
  const std::uint64_t unsent = open_loop_ ? open_loop_->waiting() : 0;
  main_.recorder.fault(now_ns_, Fault::timeout, main_.recorder.inflight() + unsent, kUnanswered);
  main_.recorder.finish(now_ns_);
  if (!beside_) return;
  beside_->recorder.fault(now_ns_, Fault::timeout, beside_->recorder.inflight(), kUnanswered);
  beside_->recorder.finish(now_ns_);
}

bool Client::ramp_is_over() const noexcept {
  if (now_ns_ >= ramp_end_ns_) return true;
  if (main_.all_open() && (!beside_ || beside_->all_open())) return true;
  return main_.recorder.open() == 0 && main_.connects_failed >= kHopelessAttempts;
}

// Whether the measured time has left requests to be answered, or sent at all: a thread that ran
// late still has the last arrivals of the schedule before it.
bool Client::owes_something() const noexcept {
  if (main_.recorder.inflight() > 0 || (beside_ && beside_->recorder.inflight() > 0)) return true;
  if (!open_loop_) return false;
  return open_loop_->waiting() > 0 || open_loop_->next_arrival_ns() < gate_.timeline.measure_end_ns;
}

void Client::begin_traffic() {
  poller_.remove(gate_.wake_fd);
  main_.recorder.set_timeline(gate_.timeline);
  if (beside_) beside_->recorder.set_timeline(gate_.timeline);
  if (open_loop_) open_loop_->begin(gate_.timeline.start_ns);
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
  if (open_loop_ && phase_ != Phase::ramp) dispatch_arrivals();
  if (think_) wake_thinkers();
  const std::size_t count = wait_for_sockets();
  now_ns_ = monotonic_ns();
  move_on();
  if (!held_.empty()) send_held();
  for (std::size_t i = 0; i < count; ++i) on_ready(poller_.ready(i));
  if (now_ns_ >= next_scan_ns_) give_up_late_ones();
}

// An arrival that waits for a connection waits for the server as long as the client has nothing to
// do: it has read and sent all that it could, and sleeps. From the moment on when it should have
// woken, or was kept busy, the client is late.
std::size_t Client::wait_for_sockets() {
  const bool connections_are_short = open_loop_ && open_loop_->waiting() > 0;
  if (connections_are_short) {
    if (const std::size_t count = poller_.wait(0); count > 0) return count;
  }
  const Nanos before_ns = open_loop_ || think_ ? monotonic_ns() : now_ns_;
  const Nanos timeout_ns = std::max<Nanos>(0, next_deadline_ns() - before_ns);
  const std::size_t count = poller_.wait(timeout_ns);
  if (connections_are_short) idle_until_ns_ = std::min(monotonic_ns(), before_ns + timeout_ns);
  return count;
}

void Client::move_on() {
  const Timeline& timeline = gate_.timeline;
  if (phase_ == Phase::warm_up && now_ns_ >= timeline.measure_start_ns) {
    phase_ = Phase::measure;
    const CpuTime cpu = thread_cpu();
    cpu_ = {.user_ns = -cpu.user_ns, .sys_ns = -cpu.sys_ns};
    main_.recorder.fault(now_ns_, Fault::connect, main_.size - main_.recorder.open(),
                         connect_problem_);
  }
  if (phase_ == Phase::measure && now_ns_ >= timeline.measure_end_ns) {
    phase_ = Phase::drain;
    const CpuTime cpu = thread_cpu();
    cpu_.user_ns += cpu.user_ns;
    cpu_.sys_ns += cpu.sys_ns;
    connections_open_ = static_cast<std::uint32_t>(
        main_.recorder.open() +
        static_cast<std::uint64_t>(std::count(renewing_.begin(), renewing_.end(), true)));
  }
}

Nanos Client::next_deadline_ns() const noexcept {
  Nanos next_ns = std::min(next_scan_ns_, connect_queue_.next_ns(connecting_));
  if (phase_ == Phase::warm_up) next_ns = std::min(next_ns, gate_.timeline.measure_start_ns);
  if (phase_ == Phase::measure) next_ns = std::min(next_ns, gate_.timeline.measure_end_ns);
  if (phase_ == Phase::warm_up || phase_ == Phase::measure) {
    if (open_loop_) next_ns = std::min(next_ns, open_loop_->next_arrival_ns());
    if (think_) next_ns = std::min(next_ns, think_->next_ns());
    if (!held_.empty()) next_ns = std::min(next_ns, options_.turns.next_ns(now_ns_));
  }
  return next_ns;
}

}  // namespace etude::load
