// experiments/load/population.h
//
// Connections of one thread that ask for the same and are counted together: those of the load
// itself, or those beside it. Neither appears in the other's figures.
//
// Threads:   the client's.
// Ownership: its recorder and reader; tape and buffer are borrowed.

#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "experiments/load/connection.h"
#include "experiments/load/options.h"

namespace etude::load {

struct Population {
  // The connections of the load, which form and pipeline of the options are about.
  Population(const LoadOptions& options, const RequestTape& tape, std::span<char> buffer,
             std::uint32_t size_of_it)
      : recorder(options.mix.size()),
        reader(options.expect_body, options.expect_statuses),
        shared{.tape = tape,
               .reader = reader,
               .recorder = recorder,
               .buffer = buffer,
               .batches = !is_open_loop(options) && options.mode == Mode::batch,
               .open_loop = is_open_loop(options),
               .problem = {}},
        size(size_of_it),
        pipeline(options.pipeline),
        requests_per_connection(options.requests_per_connection) {}

  // The connections beside it: one request at a time, whatever comes back.
  Population(const RequestTape& tape, std::span<char> buffer, std::uint32_t size_of_it)
      : shared{.tape = tape,
               .reader = reader,
               .recorder = recorder,
               .buffer = buffer,
               .batches = false,
               .open_loop = false,
               .problem = {}},
        size(size_of_it),
        pipeline(1) {}

  Population(const Population&) = delete;
  Population& operator=(const Population&) = delete;

  // How many more requests the connection takes now.
  std::uint32_t room_of(const Connection& connection) const noexcept {
    const std::uint32_t room = pipeline - connection.outstanding();
    if (requests_per_connection == 0) return room;
    return std::min(room, requests_per_connection - connection.asked());
  }
  // Whether it is to be closed and made anew.
  bool is_used_up(const Connection& connection) const noexcept {
    return requests_per_connection != 0 && connection.outstanding() == 0 &&
           connection.asked() == requests_per_connection;
  }
  bool all_open() const noexcept { return recorder.open() == size; }

  Recorder recorder;
  ResponseReader reader;
  Connection::Shared shared;
  std::uint32_t size;
  std::uint32_t pipeline;
  std::uint32_t requests_per_connection = 0;  // 0: no limit
  std::uint64_t connects_failed = 0;
  std::uint64_t reconnects = 0;
  std::uint64_t renewals = 0;  // of connections that were used up, in the measured time
};

}  // namespace etude::load
