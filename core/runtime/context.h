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

#include <boost/context/detail/fcontext.hpp>
#include <cstddef>
#include <utility>

#include "core/runtime/stack_pool.h"

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/common_interface_defs.h>
#endif
#if defined(__SANITIZE_THREAD__)
#include <sanitizer/tsan_interface.h>
#endif

namespace etude {

class Context {
 public:
  // Stands for a thread: the one that calls become_this_thread(), before it first switches away,
  // and each time that it is to stand for another one.
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

  void* saved_ = nullptr;  // fcontext_t; null while it runs
  ExceptionGlobals exceptions_;
  // Of the thread that it runs on: each context hands it to the next, since to ask the C++ library
  // costs as much as the jump. Means nothing while it is suspended.
  ExceptionGlobals* thread_globals_ = nullptr;
  const void* stack_bottom_ = nullptr;
  std::size_t stack_bytes_ = 0;
  void* fake_stack_ = nullptr;      // address sanitizer
  void* tsan_fiber_ = nullptr;      // thread sanitizer
  void (*entry_)(void*) = nullptr;  // null: it stands for a thread
  void* argument_ = nullptr;
};

// Inline: a jump takes no entry off the processor's stack of return addresses, so each return after
// it is guessed wrong. The fewer calls lie around the jump, the better.
inline void Context::switch_to(Context& from, Context& to) noexcept {
  prepare(from, to);
  Handover handover{.left = &from, .arriving = &to};
  const boost::context::detail::transfer_t back =
      boost::context::detail::jump_fcontext(std::exchange(to.saved_, nullptr), &handover);
  complete(*static_cast<Handover*>(back.data), back.fctx);
}

inline void Context::prepare(Context& from, Context& to) noexcept {
  // Still on one thread, so the thread's globals can change hands before the stack does.
  to.thread_globals_ = from.thread_globals_;
  from.exceptions_ = std::exchange(*from.thread_globals_, to.exceptions_);
#if defined(__SANITIZE_ADDRESS__)
  __sanitizer_start_switch_fiber(&from.fake_stack_, to.stack_bottom_, to.stack_bytes_);
#endif
#if defined(__SANITIZE_THREAD__)
  __tsan_switch_to_fiber(to.tsan_fiber_, 0);
#endif
}

inline void Context::complete(const Handover& handover, void* saved) noexcept {
  Context& left = *handover.left;
  left.saved_ = saved;
#if defined(__SANITIZE_ADDRESS__)
  // The sanitizer tells where the stack that was left lies: a thread's own is known only so.
  __sanitizer_finish_switch_fiber(handover.arriving->fake_stack_, &left.stack_bottom_,
                                  &left.stack_bytes_);
#endif
}

}  // namespace etude
