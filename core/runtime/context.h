// core/runtime/context.h
//
// A suspended execution, and the switch from one to another: the only owner of Boost.Context. A
// Context is either made on a stack of its own, or stands for the thread that first leaves it.
// With the stack go the C++ exception globals, which are per thread and which this Boost leaves
// behind, and what the address and thread sanitizers must know.
//
// Threads:   a context runs on one thread at a time, and may be resumed by another one.
// Ownership: the stack is the caller's, and outlives the context.
// Errors:    an entry function that returns stops the process: contexts are pooled and never end.
// Source:    Boost.Context 1.74, fcontext; Itanium C++ ABI: Exception Handling, §2.2.2.

#pragma once

#include <cstddef>

#include "core/runtime/stack_pool.h"

namespace etude {

class Context {
 public:
  // Stands for a thread: the one that calls become_this_thread(), before it first switches away.
  Context() = default;
  void become_this_thread() noexcept;
  // Starts in entry(argument) when it is first switched to. `entry` never returns.
  Context(Stack stack, void (*entry)(void*), void* argument);
  ~Context();
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  // Leaves `from`, which is running, and continues `to`, which is suspended. Returns when somebody
  // switches to `from` again, perhaps on another thread.
  static void switch_to(Context& from, Context& to) noexcept;

  // The top of a suspended stack; nullptr while it runs.
  const void* saved() const noexcept { return saved_; }

 private:
  // What travels with a switch. It lies on the stack that is left, which stays as it is meanwhile.
  struct Handover {
    Context* left;
    Context* arriving;
  };

  // What the Itanium ABI keeps per thread: the stack of caught exceptions, the uncaught count.
  struct ExceptionGlobals {
    void* caught = nullptr;
    unsigned int uncaught_count = 0;
  };

  struct Start;  // the first steps of a new context

  static void prepare(Context& from, Context& to) noexcept;  // the last steps before a jump
  static void complete(const Handover& handover, void* saved) noexcept;  // the first ones after it
  static ExceptionGlobals& thread_globals() noexcept;

  void* saved_ = nullptr;  // fcontext_t; null while it runs
  ExceptionGlobals exceptions_;
  const void* stack_bottom_ = nullptr;
  std::size_t stack_bytes_ = 0;
  void* fake_stack_ = nullptr;      // address sanitizer
  void* tsan_fiber_ = nullptr;      // thread sanitizer
  void (*entry_)(void*) = nullptr;  // null: it stands for a thread
  void* argument_ = nullptr;
};

}  // namespace etude
