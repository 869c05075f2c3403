// A library to preload into a server: each send() first burns ETUDE_PLANTED_LOOPS turns of a loop
// of dependent additions, a slowdown of a known size. planted.py plants it to see whether it is
// found.

#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>

namespace {

std::uint64_t loops() {
  static const std::uint64_t count = [] {
    const char* const text = std::getenv("ETUDE_PLANTED_LOOPS");
    return text == nullptr ? 0 : std::strtoull(text, nullptr, 10);
  }();
  return count;
}

void burn() {
  std::uint64_t sum = 1;
  for (std::uint64_t i = 0; i < loops(); ++i) {
    sum = sum * 3 + i;
    asm volatile("" : "+r"(sum));  // one after the other, and not left out
  }
}

}  // namespace

extern "C" ssize_t send(int fd, const void* bytes, std::size_t count, int flags) {
  burn();
  return ::syscall(SYS_sendto, fd, bytes, count, flags, nullptr, 0);
}
