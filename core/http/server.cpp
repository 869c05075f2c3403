#include "core/http/server.h"

#include <fmt/format.h>

#include <exception>
#include <utility>

#include "core/failure.h"
#include "core/http/connection.h"

namespace etude::http {

namespace {

// A size line of a chunk and the one byte that tells "too long".
constexpr std::uint32_t kChunkLineReserve = 2'048;

void check(const Limits& limits) {
  constexpr std::uint32_t kRoom = Workspace::kInputBytes - kChunkLineReserve;
  if (limits.head_bytes + limits.trailer_bytes > kRoom) {
    throw Error("limits of head and trailer",
                fmt::format("together {} bytes, above {}",
                            std::uint64_t{limits.head_bytes} + limits.trailer_bytes, kRoom),
                "lower one of them");
  }
  if (limits.request_line_bytes + 2 > limits.head_bytes) {
    throw Error("limit of the request line",
                fmt::format("{} bytes do not fit a head of {}", limits.request_line_bytes,
                            limits.head_bytes),
                "lower it, or raise the head's");
  }
}

}  // namespace

Server::Server(const ServerConfig& config, Router router, const Clock& clock,
               const WallClock& wall_clock)
    : config_(config),
      router_(std::move(router)),
      clock_(clock),
      wall_clock_(wall_clock),
      workspaces_(config.workers),
      counters_(config.workers) {
  check(config_.limits);
}

void Server::serve_connection(ByteStream& stream, ThisFiber& fiber) noexcept {
  counters_[index(fiber.worker())].connections_accepted.add();
  try {
    Connection connection{*this, stream, fiber};
    connection.run();
  } catch (const std::exception&) {
    // Out of memory: this connection ends, and the others have what it held.
  }
  counters_[index(fiber.worker())].connections_ended.add();
}

void Server::count(const SessionCounts& counts, WorkerId worker) noexcept {
  WorkerCounters& mine = counters_[index(worker)];
  mine.requests.add(counts.requests);
  for (std::size_t i = 0; i < counts.responses_by_class.size(); ++i) {
    if (counts.responses_by_class[i] == 0) continue;
    mine.responses_by_class[i].add(counts.responses_by_class[i]);
  }
}

bool Server::stamps_next(Workspace& workspace) const noexcept {
  return config_.stage_clock != nullptr && ++workspace.batches % kStageSampling == 0;
}

void Server::count_stages(const BatchStamps& stamps, WorkerId worker) noexcept {
  WorkerCounters& mine = counters_[index(worker)];
  mine.stage_batches.add();
  mine.service_ns.add(static_cast<std::uint64_t>(stamps.answered_ns - stamps.start_ns));
  mine.write_ns.add(static_cast<std::uint64_t>(stamps.written_ns - stamps.answered_ns));
}

ServerTotals Server::totals() const noexcept {
  ServerTotals totals;
  std::uint64_t ended = 0;
  for (const WorkerCounters& worker : counters_) ended += worker.connections_ended.value();
  // Read after what ended, so that their difference is never negative.
  for (const WorkerCounters& worker : counters_) {
    totals.connections_accepted += worker.connections_accepted.value();
    totals.requests += worker.requests.value();
    totals.stages.batches += worker.stage_batches.value();
    totals.stages.service_ns += worker.service_ns.value();
    totals.stages.write_ns += worker.write_ns.value();
    for (std::size_t i = 0; i < totals.responses_by_class.size(); ++i) {
      totals.responses_by_class[i] += worker.responses_by_class[i].value();
    }
  }
  totals.connections_open = totals.connections_accepted - ended;
  return totals;
}

}  // namespace etude::http
