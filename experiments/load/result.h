// experiments/load/result.h
//
// What one load has found: plain data, and the sums that decide how far it can be believed.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "experiments/load/options.h"
#include "experiments/load/recorder.h"

namespace etude::load {

struct LoadResult {
  LoadOptions options;
  std::string failure;  // why there was no load at all; empty: there was one
  std::string started_at;
  std::string address;         // the one of the host's that took connections, with its port
  bool realtime = false;       // all threads ran before ordinary ones
  Nanos measure_start_ns = 0;  // this host's monotonic clock
  Tally tally;
  Tally beside;  // of the connections beside the load, in nothing else here
  std::uint32_t connections_open = 0;
  std::uint64_t connects_failed = 0;  // attempts, the ones of the ramp included
  std::uint64_t reconnects = 0;
  std::uint64_t renewals = 0;  // of connections closed after requests_per_connection, measured
  std::vector<std::uint64_t> requests_per_connection;
  Nanos cpu_user_ns = 0;  // of the load's threads, over the measured time
  Nanos cpu_sys_ns = 0;
  double busiest_thread = 0;  // share of one core
};

enum class Status : std::uint8_t { ok, client_bound, nonstationary, errors };
std::string_view name_of(Status status) noexcept;

struct Verdict {
  Status status = Status::ok;
  std::vector<std::string> reasons;
};

double throughput_rps(const LoadResult& result) noexcept;
double inflight_mean(const LoadResult& result) noexcept;
std::uint64_t error_count(const Tally& tally) noexcept;

// |X R - L| / L: how far throughput x mean latency is from the integrated number in flight; 0 when
// nothing was in flight.
double little_error(const LoadResult& result) noexcept;

// The share of open connections' time with nothing outstanding.
double idle_share(const Tally& tally) noexcept;

// Jain's index: 1 when all have the same, 1 / n when one has everything. 0 when nobody has any.
double jain_index(const std::vector<std::uint64_t>& shares) noexcept;

// The thresholds are those of the protocol: 85 % of a core, 3 % of drift, 0.01 % of errors; and a
// tenth of the latency for the lag of sends by the client, both at the 99th percentile. A send that
// waits for a free connection waits for the server: a reason, and no status. The most
// disqualifying finding becomes the status; all are reasons.
Verdict judge(const LoadResult& result);

}  // namespace etude::load
