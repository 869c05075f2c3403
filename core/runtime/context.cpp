#include "core/runtime/context.h"

#include <cxxabi.h>

#include "core/failure.h"

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
  thread_globals_ = reinterpret_cast<ExceptionGlobals*>(abi::__cxa_get_globals());
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

}  // namespace etude
