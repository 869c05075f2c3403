// core/runtime/stack_pool.h
//
// Stacks for fibers, cut from one slab. The slab is reserved once and touched only where a fiber
// really ran, so that an idle connection costs the pages it used and nothing else.
//
// Threads:   one at a time (fiber_pool.h holds a lock round it).
// Ownership: a stack is lent from acquire() to release(), or for the pool's lifetime.
// Limits:    stacks_max stacks of one size. Below each lies a guard page: running over the end is
//            a fault on the guard, never another fiber's data.
// Errors:    the constructor throws Error when the machine refuses the memory; acquire() returns
//            an empty Stack when all are out.
// Source:    guards without a mapping each: MADV_GUARD_INSTALL, Linux 6.13, madvise(2). Where the
//            kernel lacks it, mprotect(2), which costs two mappings a stack (vm.max_map_count).

#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace etude {

struct Stack {
  char* bottom = nullptr;  // lowest usable byte
  std::size_t bytes = 0;   // usable; 0: there is no stack
  std::uint32_t nth = 0;   // of its pool
};

enum class GuardKind : std::uint8_t { madvise, mprotect };

struct StackPoolConfig {
  std::uint32_t stacks_max = 0;
  std::size_t stack_bytes = 0;  // without the guard; a multiple of the page size
};

class StackPool {
 public:
  explicit StackPool(const StackPoolConfig& config);
  ~StackPool();
  StackPool(const StackPool&) = delete;
  StackPool& operator=(const StackPool&) = delete;

  [[nodiscard]] Stack acquire();

  // Takes a stack back, and gives its memory back to the machine. Its guard stays.
  void release(Stack stack) noexcept;

  // The whole stack round an address that lies in one.
  Stack stack_of(const void* inside) const noexcept;

  // Whether the address lies in a guard page: what a crash handler wants to know.
  bool is_guard(const void* address) const noexcept;

 private:
  Stack nth_stack(std::size_t nth) const noexcept;
  void install_guard(char* page);

  std::size_t page_bytes_;
  std::size_t stride_bytes_;  // guard and stack
  std::size_t slab_bytes_;
  char* slab_ = nullptr;
  GuardKind guard_kind_ = GuardKind::madvise;

  std::uint32_t handed_out_count_ = 0;  // the rest has never been touched
  std::vector<std::uint32_t> returned_;
  std::uint32_t stacks_max_;
};

}  // namespace etude
