#include "experiments/harness/process.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

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
    const Nanos deadline_ns = soon();
    while (process.out().text().find('\n') == std::string::npos) {
      ASSERT_LT(monotonic_ns(), deadline_ns);
      ASSERT_FALSE(process.wait_until(monotonic_ns() + kMillisecond)) << process.ending();
    }
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

}  // namespace
}  // namespace etude::harness
