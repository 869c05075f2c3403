// experiments/harness/interrupts.h
//
// Ctrl-C and SIGTERM as something to poll, so that nothing is cut off in the middle: the first
// asks to stop after the running trial, a second to abandon that trial.
//
// Threads:   one. Make it before any child is started; children begin with no signal blocked.
// Ownership: the signals' old state comes back with the destructor.

#pragma once

#include <signal.h>

namespace etude::harness {

class Interrupts {
 public:
  Interrupts();
  Interrupts(const Interrupts&) = delete;
  Interrupts& operator=(const Interrupts&) = delete;
  ~Interrupts();

  int fd() const { return fd_; }  // readable when count() would rise
  int count();                    // signals so far; tells the user what the first one does

 private:
  sigset_t before_{};
  int fd_ = -1;
  int count_ = 0;
};

}  // namespace etude::harness
