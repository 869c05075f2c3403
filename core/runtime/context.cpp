#include "core/runtime/context.h"

#include <cxxabi.h>

#include <boost/context/detail/fcontext.hpp>
#include <utility>

#include "core/failure.h"

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/common_interface_defs.h>
#endif
#if defined(__SANITIZE_THREAD__)
#include <sanitizer/tsan_interface.h>
#endif

namespace etude {

namespace fcontext = boost::context::detail;

struct Context::Start {
  static void run(fcontext::transfer_t transfer) noexcept {
    const Handover handover = *static_cast<Handover*>(transfer.data);
    complete(handover, transfer.fctx);
    handover.arriving->entry_(handover.arriving->argument_);
    fail("a fiber's entry function never returns");
  }
};

void Context::become_this_thread() noexcept {
#if defined(__SANITIZE_THREAD__)
  tsan_fiber_ = __tsan_get_current_fiber();
#endif
}

Context::Context(Stack stack, void (*entry)(void*), void* argument)
    : saved_(fcontext::make_fcontext(stack.bottom + stack.bytes, stack.bytes, Start::run)),
      stack_bottom_(stack.bottom),
      stack_bytes_(stack.bytes),
      entry_(entry),
      argument_(argument) {
#if defined(__SANITIZE_THREAD__)
  tsan_fiber_ = __tsan_create_fiber(0);
#endif
}

Context::~Context() {
#if defined(__SANITIZE_THREAD__)
  if (entry_ != nullptr) __tsan_destroy_fiber(tsan_fiber_);
#endif
}

void Context::switch_to(Context& from, Context& to) noexcept {
  prepare(from, to);
  Handover handover{.left = &from, .arriving = &to};
  const fcontext::transfer_t back =
      fcontext::jump_fcontext(std::exchange(to.saved_, nullptr), &handover);
  complete(*static_cast<Handover*>(back.data), back.fctx);
}

void Context::prepare(Context& from, Context& to) noexcept {
  // Still on one thread, so the thread's globals can change hands before the stack does.
  ExceptionGlobals& globals = thread_globals();
  from.exceptions_ = std::exchange(globals, to.exceptions_);
#if defined(__SANITIZE_ADDRESS__)
  __sanitizer_start_switch_fiber(&from.fake_stack_, to.stack_bottom_, to.stack_bytes_);
#endif
#if defined(__SANITIZE_THREAD__)
  __tsan_switch_to_fiber(to.tsan_fiber_, 0);
#endif
}

void Context::complete(const Handover& handover, void* saved) noexcept {
  Context& left = *handover.left;
  left.saved_ = saved;
#if defined(__SANITIZE_ADDRESS__)
  // The sanitizer tells where the stack that was left lies: a thread's own is known only so.
  __sanitizer_finish_switch_fiber(handover.arriving->fake_stack_, &left.stack_bottom_,
                                  &left.stack_bytes_);
#endif
}

// __cxa_get_globals is declared const, so a compiler may reuse its answer after a jump, when the
// fiber has come to another thread. The empty asm keeps this wrapper from being found const too.
[[gnu::noinline]] Context::ExceptionGlobals& Context::thread_globals() noexcept {
  asm volatile("");
  return *reinterpret_cast<ExceptionGlobals*>(abi::__cxa_get_globals());
}

}  // namespace etude
