#include "experiments/harness/interrupts.h"

#include <fmt/format.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cstdio>

#include "core/failure.h"
#include "core/stderr_text.h"

namespace etude::harness {

Interrupts::Interrupts() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  sigprocmask(SIG_BLOCK, &signals, &before_);
  fd_ = ::signalfd(-1, &signals, SFD_NONBLOCK | SFD_CLOEXEC);
  if (fd_ < 0) throw Error("signalfd", "cannot be made", "raise the limit of open files");
}

Interrupts::~Interrupts() {
  // What is pending has been answered, and must not kill the process now.
  signalfd_siginfo signal{};
  while (::read(fd_, &signal, sizeof signal) == sizeof signal) {
  }
  ::close(fd_);
  sigprocmask(SIG_SETMASK, &before_, nullptr);
}

int Interrupts::count() {
  const int before = count_;
  signalfd_siginfo signal{};
  while (::read(fd_, &signal, sizeof signal) == sizeof signal) ++count_;
  if (before == 0 && count_ == 1) {
    print_stderr("\netude: stops after the running trial; once more abandons that one\n");
  }
  return count_;
}

}  // namespace etude::harness
