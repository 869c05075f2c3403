#include "experiments/harness/interrupts.h"

#include <sys/signalfd.h>
#include <unistd.h>

#include "core/failure.h"

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
  count();  // what is pending has been answered, and must not kill the process now
  ::close(fd_);
  sigprocmask(SIG_SETMASK, &before_, nullptr);
}

int Interrupts::count() {
  signalfd_siginfo signal{};
  while (::read(fd_, &signal, sizeof signal) == sizeof signal) ++count_;
  return count_;
}

}  // namespace etude::harness
