// experiments/load/client.h
//
// One thread of the load: an event loop with its own connections. It connects them all, waits at
// the gate for the other threads, sends what the loop's form asks for (batch, window, or the open
// loop's schedule), and after the measured time takes in what is still under way.
//
// Threads:   run() on a thread of its own; the results after it has been joined.
// Ownership: its connections and their recorders; what Config names is borrowed.
// Errors:    outcomes, in the tally.

#pragma once

#include <atomic>
#include <cstdint>
#include <latch>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "experiments/load/connect_queue.h"
#include "experiments/load/connection.h"
#include "experiments/load/open_loop.h"
#include "experiments/load/options.h"
#include "experiments/load/poller.h"
#include "experiments/load/population.h"
#include "experiments/load/recorder.h"
#include "experiments/load/target.h"
#include "experiments/load/think_times.h"

namespace etude::load {

// Where the threads wait for each other, and the coordinator for them.
struct Gate {
  explicit Gate(std::uint32_t threads) : connected(threads) {}

  std::latch connected;                      // counted down when a thread's ramp is over
  std::atomic<std::uint32_t> open_count{0};  // connections open by then
  Timeline timeline;                         // written before `opened`
  std::atomic<bool> opened{false};
  int wake_fd = -1;  // an eventfd, readable once `opened`
};

struct CpuTime {
  Nanos user_ns = 0;
  Nanos sys_ns = 0;
};

class Client {
 public:
  struct Config {
    const LoadOptions& options;
    const Address& address;
    const RequestTape& tape;
    const RequestTape* beside_tape;  // nullptr: there is nothing beside the load
    Gate& gate;
    std::uint32_t thread = 0;
    std::uint32_t first_connection = 0;  // the threads' connections are numbered through
    std::uint32_t connections = 1;
    std::uint32_t first_beside = 0;  // and so are those beside them
    std::uint32_t beside = 0;
  };

  explicit Client(const Config& config);

  void run();

  const Tally& tally() const noexcept { return main_.recorder.tally(); }
  const Tally* beside_tally() const noexcept {
    return beside_ ? &beside_->recorder.tally() : nullptr;
  }
  std::span<const Connection> connections() const noexcept {
    return std::span(connections_).first(main_.size);
  }
  // At the end of the measured time; those that are being renewed count as open.
  std::uint32_t connections_open() const noexcept { return connections_open_; }
  std::uint64_t connects_failed() const noexcept { return main_.connects_failed; }
  std::uint64_t reconnects() const noexcept { return main_.reconnects; }
  std::uint64_t renewals() const noexcept { return main_.renewals; }
  const std::string& connect_problem() const noexcept { return connect_problem_; }
  CpuTime cpu() const noexcept { return cpu_; }  // over the measured time

 private:
  static constexpr std::uint32_t kGateToken = 0xffff'ffffU;  // no slot

  enum class Phase : std::uint8_t { ramp, warm_up, measure, drain };

  bool ramp_is_over() const noexcept;
  void begin_traffic();
  void turn();
  std::size_t wait_for_sockets();
  void move_on();
  Nanos next_deadline_ns() const noexcept;
  bool owes_something() const noexcept;

  // Connections are numbered by slots, the ones beside the load after the others.
  bool is_beside(std::uint32_t slot) const noexcept { return slot >= main_.size; }
  Population& population_of(std::uint32_t slot) noexcept {
    return is_beside(slot) ? *beside_ : main_;
  }
  std::uint32_t number_of(std::uint32_t slot) const noexcept;
  void start_connects();
  void fail_connect(std::uint32_t slot, int reason);
  void on_ready(const Ready& ready);
  void refill(std::uint32_t slot);
  void send_next(std::uint32_t slot);
  void send_held();
  void wake_thinkers();
  void renew(std::uint32_t slot);
  void flush(std::uint32_t slot);
  void drop(std::uint32_t slot, Progress why);
  void give_up_late_ones();
  void dispatch_arrivals();
  void offer(std::uint32_t slot);

  const LoadOptions& options_;
  const Address& address_;
  const RequestTape& tape_;
  Gate& gate_;
  std::uint32_t first_connection_;
  std::uint32_t first_beside_;
  Poller poller_;
  std::vector<char> buffer_;
  Population main_;
  std::unique_ptr<Population> beside_;  // nullptr: none
  std::vector<Connection> connections_;
  ConnectQueue connect_queue_;

  Phase phase_ = Phase::ramp;
  Nanos now_ns_ = 0;  // as of the last wait
  Nanos ramp_end_ns_ = 0;
  Nanos next_scan_ns_ = 0;
  Nanos scan_every_ns_;
  std::uint32_t connecting_ = 0;

  // Open loop only.
  std::optional<OpenLoop> open_loop_;
  Nanos idle_until_ns_ = 0;            // until then it had nothing to do, though arrivals waited
  std::vector<std::uint32_t> held_;    // connections that wait for the client's turn
  std::vector<bool> is_held_;          // by slot
  std::vector<std::uint32_t> queued_;  // connections that got requests in this round

  std::optional<ThinkTimes> think_;  // closed loop with think times only
  std::vector<bool> has_asked_;      // by slot: it is past its first think time
  std::vector<bool> renewing_;       // by slot: closed because it was used up, and not back yet

  std::uint32_t connections_open_ = 0;
  std::string connect_problem_;
  CpuTime cpu_;
};

}  // namespace etude::load
