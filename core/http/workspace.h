// core/http/workspace.h
//
// What a connection needs only while it has something to do: buffers, the last head that was
// parsed, the date as text. Borrowed from a pool of the worker, so that an idle connection holds
// none of it, and so that the one that was just given back, still in the cache, is used again.
//
// Threads:   a worker's part of the pool only from the fibers of that worker. A fiber that has
//            moved gives its workspace back to the worker that it runs on now.
// Ownership: a Lease holds one workspace until its end.
// Limits:    any number are lent; each worker keeps at most kKeptMax, the rest go back to the
//            machine at once. So do those above kKeptMin, once nobody needed them for as long as
//            it takes to give back kTrimEvery.
// Errors:    std::bad_alloc when the machine refuses memory.

#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "core/http/date.h"
#include "core/http/message.h"
#include "core/http/router.h"
#include "core/runtime/this_fiber.h"

namespace etude::http {

// The last head without a body that was parsed here, and what came of it. A head of the same bytes
// means the same, so it need not be parsed and routed again; its answer is made anew all the same.
struct HeadMemo {
  static constexpr std::size_t kBytesMax = 512;

  std::size_t bytes = 0;  // 0: nothing is remembered
  Head head;
  RouteMatch match;
  std::array<char, kBytesMax> text;
};

struct Workspace {
  static constexpr std::size_t kInputBytes = 32'768;
  static constexpr std::size_t kOutputBytes = 16'384;

  HeadMemo memo;
  std::uint32_t batches = 0;  // served with it; wraps
  DateText date;
  std::string text;  // for Response::text
  // Never cleared: pages that no connection filled cost nothing.
  std::array<char, kInputBytes> input;
  std::array<char, kOutputBytes> output;
};

struct UnmapWorkspace {
  void operator()(Workspace* workspace) const noexcept;
};
using OwnedWorkspace = std::unique_ptr<Workspace, UnmapWorkspace>;

class WorkspacePool {
 public:
  // Chosen by hand: one is busy, others wait in handlers.
  static constexpr std::size_t kKeptMin = 1;
  static constexpr std::size_t kKeptMax = 64;
  static constexpr std::uint32_t kTrimEvery = 1'024;

  explicit WorkspacePool(std::uint32_t workers);

  std::size_t kept(WorkerId worker) const noexcept { return workers_[index(worker)].kept.size(); }

  class Lease {
   public:
    Lease(WorkspacePool& pool, const ThisFiber& fiber)
        : pool_(pool), fiber_(fiber), workspace_(pool.take(fiber.worker())) {}
    ~Lease() { pool_.give_back(std::move(workspace_), fiber_.worker()); }
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;

    Workspace& operator*() const noexcept { return *workspace_; }

   private:
    WorkspacePool& pool_;
    const ThisFiber& fiber_;
    OwnedWorkspace workspace_;
  };

 private:
  struct alignas(64) PerWorker {
    std::vector<OwnedWorkspace> kept;  // the last one is the warmest
    std::size_t kept_min = 0;          // since the last trim
    std::uint32_t until_trim = kTrimEvery;
  };

  OwnedWorkspace take(WorkerId worker);
  void give_back(OwnedWorkspace workspace, WorkerId worker) noexcept;
  static void trim(PerWorker& mine) noexcept;

  std::vector<PerWorker> workers_;
};

}  // namespace etude::http
