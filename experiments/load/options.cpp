#include "experiments/load/options.h"

#include <fmt/format.h>

#include "core/failure.h"
#include "core/histogram.h"
#include "experiments/load/target.h"

namespace etude::load {
namespace {

// A pipeline deeper than this would measure the socket buffers.
constexpr std::uint32_t kPipelineMax = 4'096;
constexpr Nanos kDurationMax_ns = 24 * 3'600 * kSecond;
// What a histogram resolves, less what an answer may come later than its time-out.
constexpr Nanos kTimeoutMax_ns = 3'600 * kSecond;
static_assert(kTimeoutMax_ns + 600 * kSecond < Histogram::kValueMax_ns);
constexpr double kRateMax_rps = 1e8;

void check_header(const std::string& header) {
  const std::size_t colon = header.find(':');
  const bool one_line = header.find_first_of("\r\n") == std::string::npos;
  if (colon == std::string::npos || colon == 0 || !one_line) {
    throw Error(fmt::format("-H '{}'", one_line ? header : "..."), "is no header field",
                "write it as 'Name: value', on one line");
  }
}

void check_mix(const std::vector<Route>& mix) {
  constexpr std::size_t kRoutesMax = 64;
  constexpr double kWeightMax = 1e9;
  if (mix.size() > kRoutesMax) {
    throw Error("--mix", fmt::format("{} routes are above {}", mix.size(), kRoutesMax),
                "ask for fewer");
  }
  for (const Route& route : mix) {
    if (!(route.weight > 0 && route.weight <= kWeightMax) || !is_target(route.path)) {
      throw Error(fmt::format("--mix {}:{}", route.weight, route.path), "is no part of a mix",
                  "write it as WEIGHT:PATH, with a weight above 0 and a path from /");
    }
  }
}

void check_think(const LoadOptions& options) {
  if (options.think.mean_ns == 0) return;
  if (options.think.mean_ns < 0 || options.think.mean_ns > 3'600 * kSecond) {
    throw Error("--think", "is outside 0 .. 1h", "choose a time inside");
  }
  if (is_open_loop(options) || options.mode == Mode::window) {
    throw Error("--think", "only a closed loop in batches waits for an answer and then thinks",
                "drop -R and --mode, or --think");
  }
}

void check_beside(const LoadOptions& options) {
  if (options.beside_connections == 0 && options.beside_path.empty()) return;
  if (!is_target(options.beside_path)) {
    throw Error(fmt::format("--beside '{}'", options.beside_path), "is no path",
                "name one from /, without blanks");
  }
  if (options.beside_connections == 0) {
    throw Error("--beside-connections", "0 ask for nothing", "give 1 or more");
  }
}

void check_turns(const LoadOptions& options) {
  const Turns& turns = options.turns;
  if (!turns.are_taken()) return;
  if (turns.length_ns < kMillisecond || turns.length_ns > 60 * kSecond) {
    throw Error("--turns", "a turn is outside 1ms .. 60s", "choose a length inside");
  }
  if (turns.count < 2 || turns.index >= turns.count) {
    throw Error("--turns", fmt::format("{}/{} is no turn", turns.index, turns.count),
                "count turns from 0: 0/2 and 1/2");
  }
  if (is_open_loop(options) || options.think.mean_ns > 0) {
    throw Error("--turns", "only a closed loop without think times can wait for its turn",
                "drop -R and --think, or --turns");
  }
}

}  // namespace

std::string_view name_of(Mode mode) noexcept { return mode == Mode::batch ? "batch" : "window"; }

std::string_view name_of(Arrival arrival) noexcept {
  switch (arrival) {
    case Arrival::closed:
      return "closed";
    case Arrival::fixed:
      return "fixed";
    case Arrival::poisson:
      return "poisson";
  }
  fail("an arrival has a name");
}

void check(const LoadOptions& options) {
  if (options.connections == 0) throw Error("-c", "0 connections load nothing", "give 1 or more");
  if (options.threads == 0) throw Error("-t", "0 threads load nothing", "give 1 or more");
  if (options.threads > options.connections) {
    throw Error(
        "-t", fmt::format("{} threads share {} connections", options.threads, options.connections),
        "give at least one connection per thread");
  }
  if (options.pipeline == 0 || options.pipeline > kPipelineMax) {
    throw Error("-p", fmt::format("{} is outside 1 .. {}", options.pipeline, kPipelineMax),
                "choose a depth inside");
  }
  if (options.duration_ns < kMillisecond || options.duration_ns > kDurationMax_ns) {
    throw Error("-d", "is outside 1ms .. 24h", "choose a duration inside");
  }
  if (options.warmup_ns < 0 || options.warmup_ns > kDurationMax_ns) {
    throw Error("-w", "is outside 0 .. 24h", "choose a warm-up inside");
  }
  if (options.timeout_ns < kMillisecond || options.timeout_ns > kTimeoutMax_ns) {
    throw Error("-T", "is outside 1ms .. 1h", "choose a time-out inside");
  }
  if (is_open_loop(options) && !(options.rate_rps > 0 && options.rate_rps <= kRateMax_rps)) {
    throw Error("-R",
                fmt::format("{} requests per second is outside 0 .. {:.0f}", options.rate_rps,
                            kRateMax_rps),
                "choose a rate inside");
  }
  if (options.ramp_ns < 0 || options.ramp_ns > 3'600 * kSecond) {
    throw Error("--ramp", "is outside 0 .. 1h", "choose a duration inside");
  }
  check_think(options);
  check_turns(options);
  if (options.realtime && !is_open_loop(options)) {
    throw Error("--realtime", "a closed loop before all others would starve the server",
                "add -R, or drop --realtime");
  }
  for (const std::uint16_t status : options.expect_statuses) {
    if (status < 200 || status > 599) {
      throw Error("--expect-status", fmt::format("{} is outside 200 .. 599", status),
                  "name statuses that end an answer, for example 200,204");
    }
  }
  check_mix(options.mix);
  check_beside(options);
  for (const std::string& header : options.headers) check_header(header);
}

}  // namespace etude::load
