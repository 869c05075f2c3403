// experiments/load/options.h
//
// What one load is asked to do: plain data, filled in by `etude load` and by tests.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/types.h"
#include "experiments/load/turns.h"

namespace etude::load {

// Closed loop: when the next requests of a connection go out.
enum class Mode : std::uint8_t {
  batch,   // `pipeline` in one write, then all their responses are awaited (TechEmpower's form)
  window,  // each response is followed at once by a new request: `pipeline` always outstanding
};

enum class Arrival : std::uint8_t {
  closed,   // a response, or a batch of them, sets off the next request
  fixed,    // open loop: a request every 1 / rate_rps
  poisson,  // open loop: exponential gaps with that mean
};

// One line of a mix: of all requests, weight / sum of weights ask for this path.
struct Route {
  double weight = 1;
  std::string path;
};

// Between an answer and the next request of a closed loop.
struct Think {
  Nanos mean_ns = 0;
  bool exponential = false;  // false: every time the same
};

std::string_view name_of(Mode mode) noexcept;
std::string_view name_of(Arrival arrival) noexcept;

struct LoadOptions {
  std::string url;
  std::uint32_t threads = 1;
  std::uint32_t connections = 10;  // in total, as in wrk
  std::uint32_t pipeline = 1;      // the most requests outstanding on one connection
  Mode mode = Mode::batch;
  Arrival arrival = Arrival::closed;
  double rate_rps = 0;  // open loop only, over all connections
  Nanos duration_ns = 10 * kSecond;
  Nanos warmup_ns = kSecond;
  Nanos timeout_ns = 10 * kSecond;   // a request unanswered for so long is given up and counted
  std::vector<std::string> headers;  // "Name: value"
  std::optional<std::string> expect_body;
  std::vector<std::uint16_t> expect_statuses;  // empty: all below 400
  std::vector<Route> mix;                      // empty: all ask for the URL's path
  std::optional<std::string> body;             // of every request, which is then a POST
  Think think;                                 // mean 0: none
  std::uint32_t requests_per_connection = 0;   // then it is closed and made anew; 0: no limit
  Nanos ramp_ns = 0;  // over which connections are started evenly; 0: as fast as is good for them
  // Further connections, not among `connections`, each with one request for beside_path at a time.
  std::string beside_path;
  std::uint32_t beside_connections = 0;
  // Open loop: before all ordinary threads (SCHED_FIFO), so that sends are on time on cores that
  // the server keeps busy. Where the machine refuses, the load runs all the same, and says so.
  bool realtime = false;
  // Closed loop: requests are sent in turns of its own only.
  Turns turns;
  std::uint64_t seed = 1;
};

inline bool is_open_loop(const LoadOptions& options) noexcept {
  return options.arrival != Arrival::closed;
}

// Throws Error, naming the option, when the values cannot be run together.
void check(const LoadOptions& options);

}  // namespace etude::load
