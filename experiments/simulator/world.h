// experiments/simulator/world.h
//
// What all parts of one simulation share: the model, the events, when it is measured, and chance,
// one stream for each use, so that what one part draws moves no other part.
//
// Threads: one.

#pragma once

#include <cstdint>
#include <vector>

#include "core/random.h"
#include "core/types.h"
#include "experiments/simulator/event_queue.h"
#include "experiments/simulator/model.h"

namespace etude::sim {

// Which part an event is for.
enum class For : std::uint8_t {
  worker,          // goes on; id: worker
  unblocked,       // has blocked for long enough; id: worker
  sleeper,         // a parked worker is up; id: worker
  alarm,           // a parked worker wanted to look at this time; id: worker, value: its park
  timer,           // a sleep is over; id: connection
  core,            // a turn of a shared core ends; id: core, value: the turn
  request,         // value requests reach the server; id: connection
  answer,          // value answers reach the client; id: connection
  asker,           // a connection has thought; id: connection
  arrival,         // the open loop's next one
  client_thread,   // goes on; id: thread
  client_sleeper,  // is up; id: thread
  measure_start,
  measure_end,
  drain_end,  // what is not answered by now is given up
};

struct World {
  explicit World(const Model& the_model)
      : model(the_model),
        measure_start_ns(the_model.warmup_ns),
        measure_end_ns(the_model.warmup_ns + the_model.duration_ns),
        service(stream(1)),
        think(stream(2)),
        arrivals(stream(3)),
        assignment(stream(4)) {
    if (takes_time(model)) needs_ns.resize(std::size_t{model.connections} * model.pipeline);
    if (model.routes.size() < 2) return;
    double sum = 0;
    for (const Route& route : model.routes) route_shares.push_back(sum += route.weight);
    for (double& share : route_shares) share /= sum;
  }
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  Nanos now_ns() const noexcept { return events.now_ns(); }
  void at(Nanos time_ns, For whom, std::uint32_t id, std::uint32_t value = 0) {
    events.add(time_ns, static_cast<std::uint32_t>(whom), id, value);
  }

  // The part of now .. now + length_ns that is measured.
  Nanos measured_part(Nanos length_ns) const noexcept {
    const Nanos from_ns = now_ns() > measure_start_ns ? now_ns() : measure_start_ns;
    const Nanos end_ns = now_ns() + length_ns;
    const Nanos to_ns = end_ns < measure_end_ns ? end_ns : measure_end_ns;
    return to_ns > from_ns ? to_ns - from_ns : 0;
  }

  // Which route the nth request of a connection takes: nothing has to be remembered for it.
  std::uint32_t route_of(std::uint32_t connection, std::uint32_t number) const noexcept {
    if (route_shares.empty()) return 0;
    const std::uint64_t key = (std::uint64_t{connection} << 32U) | number;
    const auto draw =
        static_cast<double>(mix_seed(mix_seed(model.seed ^ key) ^ kRouteStream) >> 11U) * 0x1.0p-53;
    std::uint32_t route = 0;
    while (route + 1 < route_shares.size() && draw >= route_shares[route]) ++route;
    return route;
  }

  // What the nth request of a connection takes alone: drawn by the server, read by the client once
  // it is answered. A connection has at most `pipeline` at a time. Requires: keeps_needs().
  std::uint32_t& need_of(std::uint32_t connection, std::uint32_t number) noexcept {
    return needs_ns[std::size_t{connection} * model.pipeline + number % model.pipeline];
  }
  bool keeps_needs() const noexcept { return !needs_ns.empty(); }

  const Model& model;
  EventQueue events;
  Nanos measure_start_ns;
  Nanos measure_end_ns;  // may be moved to an earlier time
  bool measuring = false;
  std::vector<std::uint32_t> needs_ns;  // ns, 4.29 s at most; empty: no request draws anything
  std::vector<double> route_shares;     // running sums, the last is 1; empty: there is one route
  Rng service;
  Rng think;
  Rng arrivals;
  Rng assignment;

 private:
  static bool takes_time(const Model& model) noexcept {
    for (const Route& route : model.routes) {
      const Handler& handler = route.handler;
      if (!handler.service.is_zero() || handler.forks > 0 || !handler.block.is_zero() ||
          !handler.sleep.is_zero()) {
        return true;
      }
    }
    return false;
  }
  static constexpr std::uint64_t kRouteStream = 0x726f'7574'6573'0000U;
  Rng stream(std::uint64_t number) const noexcept {
    return Rng(mix_seed(model.seed) ^ mix_seed(number));
  }
};

}  // namespace etude::sim
