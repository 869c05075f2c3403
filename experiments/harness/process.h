// experiments/harness/process.h
//
// One child process and all that it starts: begun in a process group of its own, pinned to cores,
// with its output captured, and always ended and reaped. No shell is involved anywhere.
//
// Threads:   one thread starts and uses every Process of the program, and outlives them: a child
//            is killed by the kernel when the thread that started it ends.
// Ownership: a Process owns its child; the destructor kills the whole group and reaps.
// Limits:    of each output the last `capture_bytes` are kept.
// Errors:    start() throws Error when the program cannot be run.

#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "core/types.h"

namespace etude::harness {

struct ProcessOptions {
  std::vector<std::string> command;
  std::vector<std::uint32_t> cores;            // empty: wherever this process may run
  std::vector<std::pair<int, int>> inherited;  // {our fd, its number in the child}
  std::size_t capture_bytes = 64 * 1024;
};

// The read end of a pipe, kept non-blocking, and what came through it.
class Capture {
 public:
  explicit Capture(std::size_t keep_bytes) : keep_bytes_(keep_bytes) {}
  Capture(const Capture&) = delete;
  Capture& operator=(const Capture&) = delete;
  ~Capture();

  int open();  // makes the pipe; returns its write end, close-on-exec, for the caller to close
  int fd() const { return fd_; }  // -1 once the other side has closed
  void read_available();
  const std::string& text() const { return text_; }

 private:
  std::size_t keep_bytes_;
  int fd_ = -1;
  std::string text_;
};

class Process {
 public:
  explicit Process(ProcessOptions options);
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;
  ~Process();

  pid_t pid() const { return pid_; }
  int pid_fd() const { return pid_fd_; }  // readable when the child has ended
  Capture& out() { return out_; }
  Capture& err() { return err_; }

  bool has_ended();
  void terminate();                    // SIGTERM, to the leader alone: it drains its own children
  bool wait_until(Nanos deadline_ns);  // reads its output meanwhile; false: it still runs
  void kill_and_reap();                // SIGKILL to the group

  // "exit 3", "signal 11": how it ended, with the last words of its stderr. Requires: has_ended().
  std::string ending();
  bool succeeded();  // it ended, with exit 0

 private:
  [[noreturn]] void become(pid_t parent, char** arguments, int out, int err, int report);
  void reap();

  ProcessOptions options_;
  pid_t pid_ = -1;
  int pid_fd_ = -1;
  bool reaped_ = false;
  int wait_status_ = 0;
  Capture out_;
  Capture err_;
};

}  // namespace etude::harness
