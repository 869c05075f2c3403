#include "core/http/workspace.h"

#include <sys/mman.h>

#include <algorithm>
#include <new>
#include <utility>

#include "core/failure.h"

namespace etude::http {

namespace {

// A response text larger than this is not kept for the next one.
constexpr std::size_t kTextKeptMax = 65'536;

// Mapped and not from the heap: a page is paid for when it is first written, and all of it goes
// back at once, however many were lent in a storm.
OwnedWorkspace map_workspace() {
  void* place =
      mmap(nullptr, sizeof(Workspace), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (place == MAP_FAILED) throw std::bad_alloc{};
  return OwnedWorkspace{new (place) Workspace};  // no (): the buffers stay untouched
}

}  // namespace

void UnmapWorkspace::operator()(Workspace* workspace) const noexcept {
  workspace->~Workspace();
  munmap(workspace, sizeof(Workspace));
}

WorkspacePool::WorkspacePool(std::uint32_t workers) : workers_(workers) {
  for (PerWorker& worker : workers_) worker.kept.reserve(kKeptMax);
}

OwnedWorkspace WorkspacePool::take(WorkerId worker) {
  require(index(worker) < workers_.size(), "a workspace is taken by a known worker");
  PerWorker& mine = workers_[index(worker)];
  if (mine.kept.empty()) {
    mine.kept_min = 0;
    return map_workspace();
  }
  OwnedWorkspace workspace = std::move(mine.kept.back());
  mine.kept.pop_back();
  mine.kept_min = std::min(mine.kept_min, mine.kept.size());
  return workspace;
}

void WorkspacePool::give_back(OwnedWorkspace workspace, WorkerId worker) noexcept {
  PerWorker& mine = workers_[index(worker)];
  if (mine.kept.size() < kKeptMax) {
    if (workspace->text.capacity() > kTextKeptMax) workspace->text = {};
    mine.kept.push_back(std::move(workspace));
  }
  if (--mine.until_trim == 0) trim(mine);
}

void WorkspacePool::trim(PerWorker& mine) noexcept {
  mine.until_trim = kTrimEvery;
  if (mine.kept_min > kKeptMin) {
    const auto spare = static_cast<std::ptrdiff_t>(mine.kept_min - kKeptMin);
    mine.kept.erase(mine.kept.begin(), mine.kept.begin() + spare);
  }
  mine.kept_min = mine.kept.size();
}

}  // namespace etude::http
