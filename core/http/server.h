// core/http/server.h
//
// The HTTP server as the runtime sees it: one call that serves one connection, from its first byte
// to its end, in the connection's own fiber. Opens no socket and starts no thread.
//
// Threads:   serve_connection() in any fiber of any worker, many at a time; drain() and totals()
//            from any thread.
// Ownership: keeps the router; borrows the clocks; borrows a stream until serve_connection ends,
//            after which the caller closes it.
// Limits:    core/http/limits.h, checked when the server is made. Output waits in one buffer of
//            16 KiB per connection; a handler's own response text is its own affair.
// Errors:    a connection's troubles end the connection. Bad limits: Error.

#pragma once

#include <atomic>
#include <cstdint>
#include <vector>

#include "core/clock.h"
#include "core/counters.h"
#include "core/http/date.h"
#include "core/http/limits.h"
#include "core/http/router.h"
#include "core/http/session.h"
#include "core/http/workspace.h"
#include "core/runtime/io.h"
#include "core/runtime/this_fiber.h"

namespace etude::http {

struct ServerConfig {
  std::uint32_t workers = 1;
  Limits limits = {};
  Timeouts timeouts = {};
  std::uint32_t requests_per_turn = 64;  // then others get theirs; chosen by hand
  bool remember_heads = true;            // see HeadMemo
  const Clock* stage_clock = nullptr;    // a fine one, borrowed; nullptr: stages are not stamped
};

// Sums over the batches that were stamped: each kStageSampling-th that a workspace serves. What a
// handler waits for is part of its service.
struct StageTotals {
  std::uint64_t batches = 0;
  std::uint64_t service_ns = 0;  // from the read of a batch to its answers
  std::uint64_t write_ns = 0;    // to hand them to the kernel
};

// What the server did so far, all workers together.
struct ServerTotals {
  std::uint64_t connections_open = 0;
  std::uint64_t connections_accepted = 0;
  std::uint64_t requests = 0;
  std::array<std::uint64_t, 6> responses_by_class = {};  // [2]: 2xx
  StageTotals stages = {};
};

// When a batch was looked at, answered, and written; start_ns 0: not stamped.
struct BatchStamps {
  Nanos start_ns = 0;
  Nanos answered_ns = 0;
  Nanos written_ns = 0;
};

class Server {
 public:
  Server(const ServerConfig& config, Router router, const Clock& clock,
         const WallClock& wall_clock);

  void serve_connection(ByteStream& stream, ThisFiber& fiber) noexcept;

  // From now on each connection is told "close" with the last response that is due.
  void drain() noexcept { draining_.store(true, std::memory_order_relaxed); }

  ServerTotals totals() const noexcept;

 private:
  friend class Connection;

  // Written by the worker alone on which the connection's fiber runs at that moment.
  struct alignas(64) WorkerCounters {
    OwnerCounter connections_accepted;
    OwnerCounter connections_ended;
    OwnerCounter requests;
    std::array<OwnerCounter, 6> responses_by_class;
    OwnerCounter stage_batches;
    OwnerCounter service_ns;
    OwnerCounter write_ns;
  };

  // Chosen by hand: three readings of a fine clock, 0.1 us, for each so many batches.
  static constexpr std::uint32_t kStageSampling = 32;

  void count(const SessionCounts& counts, WorkerId worker) noexcept;
  bool stamps_next(Workspace& workspace) const noexcept;
  void count_stages(const BatchStamps& stamps, WorkerId worker) noexcept;

  ServerConfig config_;
  Router router_;
  const Clock& clock_;
  const WallClock& wall_clock_;
  // relaxed throughout: it only has to be seen soon.
  std::atomic<bool> draining_ = false;
  WorkspacePool workspaces_;
  std::vector<WorkerCounters> counters_;
};

}  // namespace etude::http
