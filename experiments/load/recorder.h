// experiments/load/recorder.h
//
// What one thread of the load saw: latencies, counts per 100 ms window, faults by kind, and the
// requests in flight integrated over time at each change. It is pure arithmetic on the times it is
// told, so that a test can script them.
//
// Threads:  one, the connection's; merging after that thread has ended.
// Ordering: the times handed in never run backwards.
// Limits:   counts between measure_start and measure_end only, to the nanosecond: a completion
//           counts by its time, an interval by the part of it that lies inside. Faults count from
//           measure_start on, so that what never came back is seen while draining. Open-loop
//           requests (lat_intended, send_lag, population_wait) count by the time the schedule
//           wanted them sent.

#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <deque>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "core/histogram.h"
#include "core/types.h"
#include "experiments/load/sent_log.h"

namespace etude::load {

// A sum of lengths over many connections.
__extension__ using WideNanos = unsigned __int128;

inline constexpr Nanos kWindow_ns = 100 * kMillisecond;

struct Timeline {
  Nanos start_ns = std::numeric_limits<Nanos>::max();  // traffic begins: the warm-up
  Nanos measure_start_ns = std::numeric_limits<Nanos>::max();
  Nanos measure_end_ns = std::numeric_limits<Nanos>::max();
};

// In the order of the JSON. All but `connect` count requests, so that their share is a share of
// requests: a connection lost with 16 outstanding is 16 read faults.
enum class Fault : std::uint8_t {
  connect,  // a connection that could not be made
  read,     // unanswered when the peer closed, reset, or sent what is no HTTP
  write,    // unanswered when writing failed
  timeout,  // unanswered for longer than the time-out: right-censored, in no histogram
  status,   // answered with 400 or above, or with none of the statuses expected
  body,     // answered with another body than expected
};
inline constexpr std::size_t kFaults = 6;

struct Window {
  std::uint64_t requests = 0;
  std::uint64_t lat_req_sum_ns = 0;
};

// What one route of a mix has seen.
struct RouteTally {
  Histogram lat_req;
  Histogram lat_intended;  // open loop only
};

// What a recorder has counted; those of several threads are added up.
struct Tally {
  std::uint64_t requests = 0;
  std::uint64_t bytes = 0;
  Histogram lat_req;
  Histogram lat_batch;
  Histogram lat_intended;
  Histogram send_lag;         // by the client: its timer, or its CPU
  Histogram population_wait;  // of those that waited because every connection was taken
  std::vector<Window> windows;
  std::deque<RouteTally> routes;  // in the order of the mix; empty without one
  std::array<std::uint64_t, kFaults> faults{};
  std::array<std::uint64_t, 6> answers_by_class{};  // [2]: 2xx; in sum `requests`
  std::string first_fault;                          // in words, empty when there was none

  // Each a count integrated over the measured time: request-ns and connection-ns. In 64 bits a
  // day of 16,384 connections with 16 requests each would overflow.
  WideNanos inflight_ns = 0;
  WideNanos open_ns = 0;
  WideNanos busy_ns = 0;

  void merge(const Tally& other);
};

class Recorder {
 public:
  // `routes` of a mix; 0: there is none.
  explicit Recorder(std::size_t routes = 0);

  // Times before this call belong to no phase and are not counted.
  void set_timeline(const Timeline& timeline);

  bool measures(Nanos now_ns) const noexcept {
    return now_ns >= timeline_.measure_start_ns && now_ns < timeline_.measure_end_ns;
  }

  void connection_opened(Nanos now_ns) noexcept {
    advance(now_ns);
    ++open_;
  }
  // Requires: all its requests were answered or lost().
  void connection_closed(Nanos now_ns) noexcept {
    advance(now_ns);
    --open_;
  }

  void sent(Nanos now_ns, std::uint32_t count, bool connection_was_idle) noexcept {
    advance(now_ns);
    inflight_ += count;
    busy_ += connection_was_idle ? 1U : 0U;
  }

  // `count` requests that were sent together have been answered together.
  void answered(Nanos now_ns, Nanos send_ns, std::uint32_t count,
                bool connection_is_idle) noexcept {
    leave(now_ns, count, connection_is_idle);
    if (!measures(now_ns)) return;
    tally_.requests += count;
    tally_.lat_req.record(now_ns - send_ns, count);
    Window& window = tally_.windows[window_of(now_ns)];
    window.requests += count;
    window.lat_req_sum_ns += static_cast<std::uint64_t>(now_ns - send_ns) * count;
  }

  // Their statuses, by the first digit.
  void answered_statuses(Nanos now_ns, const std::array<std::uint32_t, 6>& by_class) noexcept {
    if (!measures(now_ns)) return;
    for (std::size_t i = 0; i < by_class.size(); ++i) tally_.answers_by_class[i] += by_class[i];
  }

  // One of them, by the route of the mix that it took; intended_ns is 0 in closed loop.
  void answered_route(Nanos now_ns, const SentGroup& group, std::size_t route) noexcept {
    RouteTally& tally = tally_.routes[route];
    if (measures(now_ns)) tally.lat_req.record(now_ns - group.send_ns);
    if (group.intended_ns != 0 && measures(group.intended_ns)) {
      tally.lat_intended.record(now_ns - group.intended_ns);
    }
  }

  // The same requests in open loop, by the time they should have been sent.
  void answered_intended(Nanos now_ns, Nanos intended_ns, std::uint32_t count) noexcept {
    if (measures(intended_ns)) tally_.lat_intended.record(now_ns - intended_ns, count);
  }
  // `population_wait_ns` of the lag is not the client's: every connection was taken.
  void lagged(Nanos send_ns, Nanos intended_ns, Nanos population_wait_ns) noexcept {
    if (!measures(intended_ns)) return;
    tally_.send_lag.record(send_ns - intended_ns - population_wait_ns);
    if (population_wait_ns > 0) tally_.population_wait.record(population_wait_ns);
  }

  void batch_answered(Nanos now_ns, Nanos first_send_ns) noexcept {
    if (measures(now_ns)) tally_.lat_batch.record(now_ns - first_send_ns);
  }
  void received(Nanos now_ns, std::size_t bytes) noexcept {
    if (measures(now_ns)) tally_.bytes += bytes;
  }

  // `count` requests in flight will never be answered; the connection closes.
  void lost(Nanos now_ns, std::uint32_t count) noexcept {
    if (count > 0) leave(now_ns, count, true);
  }
  void fault(Nanos now_ns, Fault kind, std::uint64_t count, std::string_view what);

  // Closes the integrals at `now_ns`; to be called once, when all is over.
  void finish(Nanos now_ns) noexcept { advance(now_ns); }

  const Tally& tally() const noexcept { return tally_; }
  std::uint64_t inflight() const noexcept { return inflight_; }
  std::uint64_t open() const noexcept { return open_; }

 private:
  void leave(Nanos now_ns, std::uint32_t count, bool connection_is_idle) noexcept {
    advance(now_ns);
    inflight_ -= count;
    busy_ -= connection_is_idle ? 1U : 0U;
  }

  // Integrates what held since the last change.
  void advance(Nanos now_ns) noexcept {
    const Nanos from_ns = std::max(last_ns_, timeline_.measure_start_ns);
    const Nanos to_ns = std::min(now_ns, timeline_.measure_end_ns);
    last_ns_ = now_ns;
    if (to_ns <= from_ns) return;
    const auto length_ns = static_cast<WideNanos>(to_ns - from_ns);
    tally_.inflight_ns += inflight_ * length_ns;
    tally_.busy_ns += busy_ * length_ns;
    tally_.open_ns += open_ * length_ns;
  }

  // Requires: measures(now_ns). Times hardly ever leave a window, so that no division is paid.
  std::size_t window_of(Nanos now_ns) noexcept {
    while (now_ns >= window_end_ns_) {
      ++window_;
      window_end_ns_ += kWindow_ns;
    }
    return window_;
  }

  Timeline timeline_;
  Nanos last_ns_ = 0;
  std::uint64_t inflight_ = 0;
  std::uint64_t busy_ = 0;  // connections with something in flight
  std::uint64_t open_ = 0;
  std::size_t window_ = 0;
  Nanos window_end_ns_ = 0;
  Tally tally_;
};

}  // namespace etude::load
