#include "core/runtime/overflow_report.h"

#include <signal.h>
#include <unistd.h>

#include <atomic>

namespace etude {
namespace {

std::atomic<const StackPool*> watched{nullptr};

void on_fault(int number, siginfo_t* info, void* /*context*/) {
  constexpr char kMessage[] =
      "etude: a fiber ran over the end of its stack (the guard page held); raise --stack-kib\n";
  const StackPool* const stacks = watched.load(std::memory_order_acquire);
  if (stacks != nullptr && stacks->is_guard(info->si_addr)) {
    // write() and nothing else: a signal handler may not format or allocate.
    [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, kMessage, sizeof kMessage - 1);
  }
  // The default action ends the process as it would have ended without us, core dump and all.
  signal(number, SIG_DFL);
  raise(number);
}

}  // namespace

void watch_for_overflows(const StackPool& stacks) {
  watched.store(&stacks, std::memory_order_release);
  struct sigaction action {};
  action.sa_sigaction = on_fault;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  sigaction(SIGSEGV, &action, nullptr);
  sigaction(SIGBUS, &action, nullptr);
}

void forget_overflows() noexcept { watched.store(nullptr, std::memory_order_release); }

OverflowStack::OverflowStack() : memory_(std::make_unique<char[]>(kBytes)) {
  stack_t stack{};
  stack.ss_sp = memory_.get();
  stack.ss_size = kBytes;
  sigaltstack(&stack, nullptr);
}

OverflowStack::~OverflowStack() {
  stack_t none{};
  none.ss_flags = SS_DISABLE;
  sigaltstack(&none, nullptr);
}

}  // namespace etude
