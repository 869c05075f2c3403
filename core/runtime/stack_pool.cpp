#include "core/runtime/stack_pool.h"

#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "core/failure.h"

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#endif

namespace etude {
namespace {

// Debian 12's headers are older than the kernels it runs on; the number is part of the kernel ABI.
constexpr int kMadvGuardInstall = 102;

}  // namespace

StackPool::StackPool(const StackPoolConfig& config)
    : page_bytes_(static_cast<std::size_t>(sysconf(_SC_PAGESIZE))),
      stride_bytes_(page_bytes_ + config.stack_bytes),
      slab_bytes_(stride_bytes_ * config.stacks_max),
      stacks_max_(config.stacks_max) {
  require(config.stacks_max > 0, "a stack pool has at least one stack");
  require(config.stack_bytes % page_bytes_ == 0, "a stack is a whole number of pages");
  void* const slab = mmap(nullptr, slab_bytes_, PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
  if (slab == MAP_FAILED) {
    throw Error("fiber stacks",
                fmt::format("the machine refuses {} MiB of address space: {}", slab_bytes_ >> 20U,
                            std::strerror(errno)),
                "lower --max-connections or --stack-kib");
  }
  slab_ = static_cast<char*>(slab);
  // A huge page would make one touched byte cost 2 MiB of resident memory.
  madvise(slab_, slab_bytes_, MADV_NOHUGEPAGE);
  returned_.reserve(config.stacks_max);
}

StackPool::~StackPool() {
#if defined(__SANITIZE_ADDRESS__)
  // The frames of fibers that never return leave their marks, and the next mapping may lie here.
  __asan_unpoison_memory_region(slab_, slab_bytes_);
#endif
  munmap(slab_, slab_bytes_);
}

Stack StackPool::acquire() {
  if (!returned_.empty()) {
    const std::uint32_t nth = returned_.back();
    returned_.pop_back();
    return nth_stack(nth);
  }
  if (handed_out_count_ == stacks_max_) return {};
  const std::uint32_t nth = handed_out_count_++;
  install_guard(slab_ + stride_bytes_ * nth);
  return nth_stack(nth);
}

void StackPool::release(Stack stack) noexcept {
#if defined(__SANITIZE_ADDRESS__)
  __asan_unpoison_memory_region(stack.bottom, stack.bytes);
#endif
  madvise(stack.bottom, stack.bytes, MADV_DONTNEED);
  returned_.push_back(stack.nth);
}

Stack StackPool::stack_of(const void* inside) const noexcept {
  return nth_stack(static_cast<std::size_t>(static_cast<const char*>(inside) - slab_) /
                   stride_bytes_);
}

Stack StackPool::nth_stack(std::size_t nth) const noexcept {
  return {.bottom = slab_ + stride_bytes_ * nth + page_bytes_,
          .bytes = stride_bytes_ - page_bytes_,
          .nth = static_cast<std::uint32_t>(nth)};
}

bool StackPool::is_guard(const void* address) const noexcept {
  const auto offset = reinterpret_cast<std::uintptr_t>(address) -
                      reinterpret_cast<std::uintptr_t>(slab_);  // wraps around below the slab
  return offset < slab_bytes_ && offset % stride_bytes_ < page_bytes_;
}

void StackPool::install_guard(char* page) {
  if (guard_kind_ == GuardKind::madvise) {
    if (madvise(page, page_bytes_, kMadvGuardInstall) == 0) return;
    guard_kind_ = GuardKind::mprotect;
  }
  if (mprotect(page, page_bytes_, PROT_NONE) != 0) {
    throw Error("fiber stacks", fmt::format("no guard page: {}", std::strerror(errno)),
                "raise vm.max_map_count (each stack needs two mappings on this kernel)");
  }
}

}  // namespace etude
