// core/runtime/overflow_report.h
//
// A fiber that runs over the end of its stack faults on the guard page below it. This turns the
// bare signal into a sentence, and then lets it end the process: never corruption, never silence.
//
// Threads:   watch_for_overflows() once, before the workers start; each worker thread holds an
//            OverflowStack while it runs, since a handler needs a stack that is left.
// Ownership: borrows the pool, which must outlive the process's last fiber.

#pragma once

#include <cstddef>
#include <memory>

#include "core/runtime/stack_pool.h"

namespace etude {

void watch_for_overflows(const StackPool& stacks);
void forget_overflows() noexcept;

// The calling thread's stack for signal handlers, from construction to destruction.
class OverflowStack {
 public:
  OverflowStack();
  ~OverflowStack();
  OverflowStack(const OverflowStack&) = delete;
  OverflowStack& operator=(const OverflowStack&) = delete;

 private:
  static constexpr std::size_t kBytes = 16 * 1024;
  std::unique_ptr<char[]> memory_;
};

}  // namespace etude
