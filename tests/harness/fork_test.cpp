// Goal: between fork and exec the child takes no memory, and it becomes nothing when its parent
// died before it could ask to be told. Method: fork() and execvp() of this program stand in front
// of the C library's: the one can hold the child back until its parent is gone, the other compares
// how often memory was taken.

#include <dlfcn.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>

#include "core/clock.h"
#include "experiments/harness/process.h"
#include "tests/support/counting_new.h"

namespace {

constexpr int kTookMemory = 99;
constexpr int kNeverBecame = 127;  // as process.cpp has it

bool parent_dies_at_fork = false;
bool child_is_watched = false;
std::uint64_t allocations_at_fork = 0;

template <typename Function>
Function in_c_library(const char* name) {
  return reinterpret_cast<Function>(::dlsym(RTLD_NEXT, name));
}

}  // namespace

extern "C" pid_t fork() noexcept {
  static const auto real = in_c_library<pid_t (*)()>("fork");
  const auto gone = static_cast<int>(::syscall(SYS_pidfd_open, ::getpid(), 0));  // not yet
  allocations_at_fork = etude::allocations_so_far();
  const pid_t pid = real();
  if (!parent_dies_at_fork) {
    ::close(gone);
    return pid;
  }
  if (pid != 0) ::_exit(0);
  // The kernel gives the child another parent before it tells of the death.
  pollfd death{.fd = gone, .events = POLLIN, .revents = 0};
  ::poll(&death, 1, 20'000);
  return pid;
}

extern "C" int execvp(const char* file, char* const* arguments) noexcept {
  static const auto real = in_c_library<int (*)(const char*, char* const*)>("execvp");
  if (child_is_watched && etude::allocations_so_far() != allocations_at_fork) ::_exit(kTookMemory);
  return real(file, arguments);
}

namespace etude::harness {
namespace {

ProcessOptions runs() {
  return {.command = {"/bin/sh", "-c", "exit 42"}, .cores = {}, .inherited = {}};
}

int exit_code_of(pid_t pid) {
  int status = 0;
  EXPECT_EQ(::waitpid(pid, &status, 0), pid);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST(BetweenForkAndExec, TheChildTakesNoMemory) {
  child_is_watched = true;
  Process process(runs());
  ASSERT_TRUE(process.wait_until(monotonic_ns() + 20 * kSecond));
  EXPECT_EQ(process.ending(), "exit 42");
}

// A third process stands between, and dies; its child then belongs to this one.
TEST(BetweenForkAndExec, TheChildOfADeadParentBecomesNothing) {
  ASSERT_EQ(::prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
  const pid_t between = ::fork();
  if (between == 0) {
    parent_dies_at_fork = true;
    child_is_watched = false;
    const Process process(runs());
    ::_exit(1);
  }
  EXPECT_EQ(exit_code_of(between), 0);
  int status = 0;
  ASSERT_GT(::waitpid(-1, &status, 0), 0);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), kNeverBecame) << "42: it ran";
}

}  // namespace
}  // namespace etude::harness
