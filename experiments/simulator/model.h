// experiments/simulator/model.h
//
// All that one simulated trial needs to know: plain data. What a suite's cell says (cores,
// connections, workload, the driver's variables) with what only a model has to be told: how
// arrivals reach the workers, how connections are dealt out, what everything costs.
//
// Threads: any; values.
// Limits:  cores x threads_per_core <= 1,024; connections <= 1,048,576.

#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/runtime/parking.h"
#include "core/scheduler.h"
#include "core/types.h"
#include "experiments/simulator/costs.h"
#include "experiments/simulator/lengths.h"

namespace etude::sim {

// What a request makes the server do, one after the other. The costs of the visit (costs.h) come on
// top, once for all requests that a visit finds.
struct Handler {
  Lengths service = {};       // keeps the core
  Nanos slice_ns = 0;         // gives way after so much service, again and again; 0: never
  std::uint32_t forks = 0;    // tasks it spawns and then awaits, each with
  Lengths fork_service = {};  // so much service
  Lengths block = {};         // holds the worker, and leaves the core to other threads
  Lengths sleep = {};         // the task waits, the worker goes on
  double extra_ns = 0;        // fixed CPU, from Costs::path_ns
};

struct Route {
  double weight = 1;
  Handler handler = {};
};

struct Arrivals {
  enum class Kind : std::uint8_t {
    closed,   // a connection asks again when it has been answered, after `think`
    fixed,    // open: every 1 / rate_rps
    poisson,  // open: exponential gaps
    on_off,   // open: Poisson at a higher rate while on, none while off; rate_rps on the average
    trace,    // open: at these times, again from the start when they end
  };
  Kind kind = Kind::closed;
  bool windowed = false;  // closed: each answer is followed at once; else by batches
  Lengths think = {};     // closed
  double rate_rps = 0;
  Lengths on = {};                                       // on_off: how long it stays on,
  Lengths off = {};                                      // and off
  std::shared_ptr<const std::vector<Nanos>> trace = {};  // rising, from 0
  Nanos trace_period_ns = 0;                             // when it begins again
};

// Which worker is a connection's home.
struct Assignment {
  enum class Kind : std::uint8_t {
    hash,          // any worker, as likely as another, for the connection's life (SO_REUSEPORT)
    round_robin,   // in turn
    skewed,        // `skew` of the connections at worker 0, the others evenly
    one,           // all at worker 0
    each_request,  // any worker, anew for each request: as a NIC that spreads packets
  };
  Kind kind = Kind::hash;
  double skew = 0.5;
};

// How a request reaches the scheduler.
enum class Delivery : std::uint8_t {
  reactor,  // it waits in the kernel until the home's worker, or one that claims, polls
  direct,   // it is submitted on arrival by nobody's hand: the textbook's queue
};

struct ClientModel {
  std::uint32_t threads = 0;  // 0: an ideal client that costs nothing and answers at once
  bool shares_cores = false;  // its threads run on the server's cores; else each on one of its own
};

struct Beside {
  Handler handler = {};
  std::uint32_t connections = 0;  // each with one request at a time, in no figure
};

struct DriverModel {
  std::uint32_t poll_every = 128;
  std::uint32_t search_rounds = 4;
  WakePolicy wake_policy = WakePolicy::throttled;
  bool io_claim = false;
  Nanos claim_after_ns = kMillisecond;
};

struct Model {
  std::function<std::unique_ptr<Scheduler>(const SchedulerConfig&)> make_scheduler;
  std::map<std::string, std::string> scheduler_settings;
  std::uint32_t cores = 1;
  std::uint32_t threads_per_core = 1;
  std::uint32_t numa_nodes = 1;  // 1 or 2: the first half of the cores, and the second
  DriverModel driver;
  Delivery delivery = Delivery::reactor;
  Assignment assignment;

  std::uint32_t connections = 1;
  std::uint32_t pipeline = 1;
  Arrivals arrivals;
  std::vector<Route> routes;  // at least one
  Beside beside;
  ClientModel client;

  // Of one route: requests that draw so much service and more are a class of their own; 0: no.
  Nanos long_from_ns = 0;

  Costs costs;
  Nanos warmup_ns = 0;
  Nanos duration_ns = kSecond;
  // The run ends early once so many requests were answered in the measured time; 0: it does not.
  std::uint64_t requests_max = 0;
  std::uint64_t seed = 1;
};

}  // namespace etude::sim
