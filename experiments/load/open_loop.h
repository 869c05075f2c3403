// experiments/load/open_loop.h
//
// One thread's part of an open loop: the arrivals that are due and found no connection yet, and the
// turn in which connections with room get them. It sends nothing itself.
//
// Threads: one.
// Limits:  an arrival that finds every connection full waits here, is sent late, and its wait is
//          counted; none is dropped but by give_up().

#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "core/types.h"
#include "experiments/load/arrivals.h"

namespace etude::load {

class OpenLoop {
 public:
  struct Due {
    Nanos intended_ns = 0;
    Nanos collected_ns = 0;    // when the client saw that it was due
    std::uint64_t number = 0;  // of all arrivals of the load, from 0
  };

  OpenLoop(const Arrivals& arrivals, std::uint32_t connections)
      : arrivals_(arrivals), is_roomy_(connections) {}

  // The schedule counts from here. Requires: called before what follows.
  void begin(Nanos start_ns) noexcept { start_ns_ = start_ns; }

  Nanos next_arrival_ns() const noexcept { return start_ns_ + arrivals_.peek_ns(); }
  // Makes the arrivals up to and including `until_ns` wait for a connection; it is `now_ns`.
  void collect(Nanos until_ns, Nanos now_ns);
  std::size_t waiting() const noexcept { return waiting_.size(); }

  // Connection `slot` has room: it takes its turn, unless it stands in the row already.
  void offer(std::uint32_t slot);
  // The connection whose turn it is, if there is one and something waits for it.
  std::optional<std::uint32_t> take_connection();
  // Requires: waiting() > 0.
  Due take_due();

  // Forgets what was due at `latest_ns` or before; says how many that were.
  std::uint64_t give_up(Nanos latest_ns);

 private:
  Arrivals arrivals_;
  Nanos start_ns_ = 0;
  std::deque<Due> waiting_;
  std::deque<std::uint32_t> roomy_;  // connections with room, in turn
  std::vector<bool> is_roomy_;       // whether a connection stands in roomy_
};

}  // namespace etude::load
