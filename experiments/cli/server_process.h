// experiments/cli/server_process.h
//
// One HTTP server from its parts, listed in plain sight: scheduler, runtime, routes. Serves until
// a signal ends it.
//
// Threads: the calling one waits for signals; the workers are the runtime's.
// Errors:  Error for a name, key, core or port that is not to be had, before anything is served.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/http/limits.h"
#include "core/runtime/runtime.h"
#include "schedulers/registry.h"

namespace etude::cli {

enum class App : std::uint8_t { benchmark, echo };

struct ServerOptions {
  std::string scheduler;
  Settings settings = {};  // --set
  App app = App::benchmark;
  RuntimeConfig runtime = {};
  ListenConfig listen = {};
  http::Limits limits = {};
  http::Timeouts timeouts = {};
  bool remember_heads = true;
  std::uint64_t seed = 1;
  Nanos drain_timeout_ns = 10 * kSecond;
};

// Fibers beside those of connections, for fan-outs.
inline constexpr std::uint32_t kSpareFibers = 4'096;

// What run_server() returns, and the process with it.
inline constexpr int kDrained = 0;
inline constexpr int kDrainTimedOut = 3;  // requests in flight were cut off

// Serves until SIGTERM or SIGINT, then drains. A second signal ends the process at once.
int run_server(const ServerOptions& options);

}  // namespace etude::cli
