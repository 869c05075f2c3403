// A library to preload into a program under test: fsync() fails with EIO from its N-th call on,
// N being ETUDE_FSYNC_FAILS_FROM (from 1), as it does on a disk that has gone bad.

#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdlib>

extern "C" int fsync(int fd) {
  static std::atomic<int> calls{0};
  const char* const from = std::getenv("ETUDE_FSYNC_FAILS_FROM");
  // relaxed: the count orders nothing else.
  const int call = calls.fetch_add(1, std::memory_order_relaxed) + 1;
  if (from != nullptr && call >= std::atoi(from)) {
    errno = EIO;
    return -1;
  }
  return static_cast<int>(::syscall(SYS_fsync, fd));
}
