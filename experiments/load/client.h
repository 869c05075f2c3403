// experiments/load/client.h
//
// One thread of the load: an event loop with its own connections. It connects them all, waits at
// the gate for the other threads, sends what the loop's form asks for (batch, window, or the open
// loop's schedule), and after the measured time takes in what is still under way.
//
// Threads:   run() on a thread of its own; the results after it has been joined.
// Ownership: its connections and its recorder; what Config names is borrowed.
// Limits:    an open-loop request that finds every connection full waits in a backlog, is sent
//            late, and its lag is counted; none is dropped.
// Errors:    outcomes, in the tally.

#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <latch>
#include <optional>
#include <string>
#include <vector>

#include "experiments/load/arrivals.h"
#include "experiments/load/connect_queue.h"
#include "experiments/load/connection.h"
#include "experiments/load/options.h"
#include "experiments/load/poller.h"
#include "experiments/load/recorder.h"
#include "experiments/load/target.h"

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
    Gate& gate;
    std::uint32_t thread = 0;
    std::uint32_t first_connection = 0;  // the threads' connections are numbered through
    std::uint32_t connections = 1;
  };

  explicit Client(const Config& config);

  void run();

  const Tally& tally() const noexcept { return recorder_.tally(); }
  const std::vector<Connection>& connections() const noexcept { return connections_; }
  // At the end of the measured time.
  std::uint32_t connections_open() const noexcept { return connections_open_; }
  std::uint64_t connects_failed() const noexcept { return connects_failed_; }
  std::uint64_t reconnects() const noexcept { return reconnects_; }
  const std::string& connect_problem() const noexcept { return connect_problem_; }
  CpuTime cpu() const noexcept { return cpu_; }  // over the measured time

 private:
  enum class Phase : std::uint8_t { ramp, warm_up, measure, drain };

  bool ramp_is_over() const noexcept;
  void begin_traffic();
  void turn();
  void move_on();
  Nanos next_deadline_ns() const noexcept;
  bool owes_something() const noexcept;
  Nanos next_arrival_ns() const noexcept { return gate_.timeline.start_ns + arrivals_->peek_ns(); }

  void start_connects();
  void fail_connect(std::uint32_t slot, int reason);
  void on_ready(const Ready& ready);
  void refill(std::uint32_t slot);
  void drop(std::uint32_t slot, Progress why);
  void give_up_late_ones();
  void dispatch_arrivals();
  void offer(std::uint32_t slot);

  const LoadOptions& options_;
  const Address& address_;
  const RequestTape& tape_;
  Gate& gate_;
  std::uint32_t first_connection_;
  Poller poller_;
  Recorder recorder_;
  ResponseReader reader_;
  std::vector<char> buffer_;
  Connection::Shared shared_;
  std::vector<Connection> connections_;
  ConnectQueue connect_queue_;

  Phase phase_ = Phase::ramp;
  Nanos now_ns_ = 0;  // as of the last wait
  Nanos ramp_end_ns_ = 0;
  Nanos next_scan_ns_ = 0;
  Nanos scan_every_ns_;
  std::uint32_t connecting_ = 0;

  // Open loop only.
  std::optional<Arrivals> arrivals_;
  std::deque<Nanos> backlog_;          // intended times of requests that found no room yet
  std::deque<std::uint32_t> roomy_;    // connections with room, in turn
  std::vector<bool> is_roomy_;         // whether a connection stands in roomy_
  std::vector<std::uint32_t> queued_;  // connections that got requests in this round

  std::uint32_t connections_open_ = 0;
  std::uint64_t connects_failed_ = 0;
  std::uint64_t reconnects_ = 0;
  std::string connect_problem_;
  CpuTime cpu_;
};

}  // namespace etude::load
