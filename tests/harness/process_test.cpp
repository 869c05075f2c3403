#include "experiments/harness/process.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "core/clock.h"
#include "core/failure.h"
#include "experiments/harness/machine.h"
#include "experiments/harness/sample.h"

namespace etude::harness {
namespace {

// The bound of every wait here: reached only when something is broken.
Nanos soon() { return monotonic_ns() + 20 * kSecond; }

ProcessOptions python(const std::string& program) {
  return {.command = {"/usr/bin/python3", "-c", program}, .cores = {}, .inherited = {}};
}

// Waits for the first line of its output: by then it has done what it is to be sampled for.
void wait_for_line(Process& process) {
  const Nanos deadline_ns = soon();
  while (process.out().text().find('\n') == std::string::npos) {
    ASSERT_LT(monotonic_ns(), deadline_ns);
    ASSERT_FALSE(process.wait_until(monotonic_ns() + kMillisecond)) << process.ending();
  }
}

TEST(Process, CapturesBothOutputsAndTheExit) {
  Process process(python("import sys; print('out'); print('err', file=sys.stderr); sys.exit(3)"));
  ASSERT_TRUE(process.wait_until(soon()));
  EXPECT_EQ(process.ending(), "exit 3: err");
  EXPECT_EQ(process.out().text(), "out\n");
  EXPECT_FALSE(process.succeeded());
}

TEST(Process, RefusesAProgramThatIsNotThere) {
  EXPECT_THROW(Process({.command = {"/no/such/program"}, .cores = {}, .inherited = {}}), Error);
}

TEST(Process, RunsOnTheCoresItIsGiven) {
  const std::uint32_t core = this_machine().cores.back();
  ProcessOptions options = python("import os; print(sorted(os.sched_getaffinity(0)))");
  options.cores = {core};
  Process process(options);
  ASSERT_TRUE(process.wait_until(soon()));
  EXPECT_EQ(process.out().text(), "[" + std::to_string(core) + "]\n");
}

TEST(Process, HandsInADescriptorUnderTheNumberAsked) {
  Capture events(4'096);
  const int write_end = events.open();
  ProcessOptions options = python("import os; os.write(3, b'hello')");
  options.inherited = {{write_end, 3}};
  Process process(options);
  close(write_end);
  ASSERT_TRUE(process.wait_until(soon()));
  events.read_available();
  EXPECT_EQ(events.text(), "hello") << process.ending();
}

// A server may start children of its own: none of them outlives the trial.
TEST(Process, EndsTheWholeGroup) {
  int grandchild = -1;  // a descriptor of it, which stays true when its pid is used again
  {
    Process process(
        python("import subprocess, sys\n"
               "p = subprocess.Popen([sys.executable, '-c', 'import signal;"
               "print(1, flush=True); signal.pause()'], stdout=subprocess.PIPE)\n"
               "p.stdout.readline(); print(p.pid, flush=True); p.wait()"));
    ASSERT_NO_FATAL_FAILURE(wait_for_line(process));
    const pid_t pid = std::stoi(process.out().text());
    grandchild = static_cast<int>(syscall(SYS_pidfd_open, pid, 0));
    ASSERT_GE(grandchild, 0);
  }
  // Killed with the group. The kernel ends it a moment after the signal was sent.
  constexpr int kPatience_ms = 20'000;
  pollfd ended{.fd = grandchild, .events = POLLIN, .revents = 0};
  EXPECT_EQ(poll(&ended, 1, kPatience_ms), 1) << "the grandchild is still there";
  close(grandchild);
}

TEST(Process, WaitingIsBoundedByItsDeadline) {
  Process process(python("import signal; signal.pause()"));
  EXPECT_FALSE(process.wait_until(monotonic_ns() + kMillisecond));
  EXPECT_FALSE(process.has_ended());
}

TEST(Sample, ReadsAProcessAndNothingOfOneThatIsGone) {
  const auto self = sample_server(getpid());
  ASSERT_TRUE(self);
  EXPECT_GT(self->cpu_ns, 0);
  EXPECT_GT(self->rss_max_bytes, 0);
  const MachineSample machine = sample_machine();
  EXPECT_GT(machine.total_s, 0);
  EXPECT_GE(machine.total_s, machine.busy_s);

  Process process(python(""));
  const pid_t pid = process.pid();
  ASSERT_TRUE(process.wait_until(soon()));
  process.kill_and_reap();
  EXPECT_FALSE(sample_server(pid));
}

// A server whose child serves, as nginx's does: what the child takes is the server's.
TEST(Sample, MemoryIsThatOfTheChildrenToo) {
  const auto parent_of = [](const std::string& child) {
    return python(
        "import subprocess, sys\n"
        "p = subprocess.Popen([sys.executable, '-c', '" +
        child +
        "; print(1, flush=True); signal.pause()'], stdout=subprocess.PIPE)\n"
        "p.stdout.readline(); print(p.pid, flush=True); p.wait()");
  };
  Process small(parent_of("import mmap, signal"));
  // 64 pieces of 1 MiB, alternately writable and not, so that they cannot become one mapping.
  Process large(
      parent_of("import mmap, signal; kept = [mmap.mmap(-1, 1 << 20, prot=1 + 2 * (i % 2), "
                "flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS) for i in range(64)]; "
                "filled = [m.write(bytes(1 << 20)) for m in kept[1::2]]"));
  ASSERT_NO_FATAL_FAILURE(wait_for_line(small));
  ASSERT_NO_FATAL_FAILURE(wait_for_line(large));
  const auto little = sample_memory(small.pid());
  const auto much = sample_memory(large.pid());
  ASSERT_TRUE(little && much);
  // 32 MiB were written; the rest of a difference is Python's own, and less than 4 MiB.
  constexpr std::int64_t kWritten_bytes = 32 << 20;
  constexpr std::int64_t kOther_bytes = 4 << 20;
  constexpr std::int64_t kMapped = 64;
  const auto is_about = [](std::int64_t difference, std::int64_t wanted, std::int64_t margin) {
    return std::abs(difference - wanted) <= margin;
  };
  const std::int64_t rss_bytes = much->rss_bytes - little->rss_bytes;
  const std::int64_t anonymous_bytes = much->anonymous_bytes - little->anonymous_bytes;
  const std::int64_t mappings = much->mappings - little->mappings;
  EXPECT_TRUE(is_about(rss_bytes, kWritten_bytes, kOther_bytes)) << rss_bytes;
  EXPECT_TRUE(is_about(anonymous_bytes, kWritten_bytes, kOther_bytes)) << anonymous_bytes;
  EXPECT_TRUE(is_about(mappings, kMapped, kMapped / 4)) << mappings;
  EXPECT_GT(little->rss_bytes, little->anonymous_bytes) << "libraries are resident, too";
}

TEST(Sample, MemoryOfAProcessThatIsGoneIsNothing) {
  Process process(python(""));
  const pid_t pid = process.pid();
  ASSERT_TRUE(process.wait_until(soon()));
  process.kill_and_reap();
  EXPECT_FALSE(sample_memory(pid));
}

}  // namespace
}  // namespace etude::harness
