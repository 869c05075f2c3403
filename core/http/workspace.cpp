#include "core/http/workspace.h"

#include <sys/mman.h>

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
  auto& kept = workers_[index(worker)].kept;
  if (kept.empty()) return map_workspace();
  OwnedWorkspace workspace = std::move(kept.back());
  kept.pop_back();
  return workspace;
}

void WorkspacePool::give_back(OwnedWorkspace workspace, WorkerId worker) noexcept {
  auto& kept = workers_[index(worker)].kept;
  if (kept.size() >= kKeptMax) return;
  if (workspace->text.capacity() > kTextKeptMax) workspace->text = {};
  kept.push_back(std::move(workspace));
}

}  // namespace etude::http
