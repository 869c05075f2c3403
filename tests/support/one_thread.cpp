// In front of the C library (LD_PRELOAD) in tests that are declared ONE_THREAD, which the thread
// sanitizer therefore leaves out: a second thread ends the program. What the program starts by exec
// is free to have threads.

#include <pthread.h>
#include <unistd.h>

#include <cstdlib>
#include <string_view>

namespace {

[[gnu::constructor]] void for_this_program_only() { ::unsetenv("LD_PRELOAD"); }

}  // namespace

extern "C" int pthread_create(pthread_t*, const pthread_attr_t*, void* (*)(void*), void*) noexcept {
  constexpr std::string_view kWords =
      "a second thread, in a test that is declared ONE_THREAD: remove that word from its row in "
      "CMakeLists.txt, so that the thread sanitizer runs it\n";
  [[maybe_unused]] const ssize_t told = ::write(STDERR_FILENO, kWords.data(), kWords.size());
  std::abort();
}
