#include "experiments/harness/process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "core/clock.h"
#include "core/failure.h"

namespace etude::harness {
namespace {

constexpr std::size_t kLastWords_bytes = 300;

std::string last_words(const std::string& text) {
  std::string words = text.substr(text.size() - std::min(text.size(), kLastWords_bytes));
  std::replace(words.begin(), words.end(), '\n', ' ');
  while (!words.empty() && words.back() == ' ') words.pop_back();
  return words;
}

[[noreturn]] void refuse_machine(const char* what) {
  throw Error(what, std::strerror(errno), "end other programs, or raise the limit named there");
}

}  // namespace

Capture::~Capture() {
  if (fd_ >= 0) ::close(fd_);
}

int Capture::open() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) refuse_machine("pipe2");
  fd_ = ends[0];
  ::fcntl(fd_, F_SETFL, O_NONBLOCK);
  return ends[1];
}

void Capture::read_available() {
  char chunk[16'384];
  while (fd_ >= 0) {
    const ssize_t count = ::read(fd_, chunk, sizeof chunk);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == EAGAIN) return;
    if (count <= 0) {
      ::close(fd_);
      fd_ = -1;
      return;
    }
    text_.append(chunk, static_cast<std::size_t>(count));
    // Twice as much before it is cut: a chatty server must not cost a copy per line.
    if (text_.size() > 2 * keep_bytes_) text_.erase(0, text_.size() - keep_bytes_);
  }
}

Process::Process(ProcessOptions options)
    : options_(std::move(options)), out_(options_.capture_bytes), err_(options_.capture_bytes) {
  require(!options_.command.empty(), "a command has a program");
  const int out = out_.open();
  const int err = err_.open();
  int report[2];  // carries errno if exec fails; closed by a successful exec
  if (::pipe2(report, O_CLOEXEC) != 0) refuse_machine("pipe2");

  // All that takes memory, or asks who the parent is, comes before the fork: behind it another
  // thread may hold the allocator's lock for ever, and the parent may be gone.
  std::vector<char*> arguments;
  for (std::string& word : options_.command) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  const pid_t self = ::getpid();

  pid_ = ::fork();
  if (pid_ == 0) become(self, arguments.data(), out, err, report[1]);
  ::close(out);
  ::close(err);
  ::close(report[1]);
  if (pid_ < 0) {
    ::close(report[0]);
    refuse_machine("fork");
  }
  int exec_errno = 0;
  ssize_t count = 0;
  do count = ::read(report[0], &exec_errno, sizeof exec_errno);
  while (count < 0 && errno == EINTR);
  ::close(report[0]);
  if (count == sizeof exec_errno) {
    ::waitpid(pid_, nullptr, 0);
    throw Error(options_.command.front(),
                fmt::format("cannot be started: {}", std::strerror(exec_errno)),
                "check the program, its permissions and the cores it is given");
  }
  // By number: the wrapper in <sys/pidfd.h> came with glibc 2.36 and is missing in older ones.
  pid_fd_ = static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0));
  if (pid_fd_ < 0) {
    kill_and_reap();
    refuse_machine("pidfd_open");
  }
}

// In the child, between fork and exec: system calls only.
void Process::become(pid_t parent, char** arguments, int out, int err, int report) {
  const auto give_up = [&] {
    const int number = errno;
    [[maybe_unused]] const ssize_t told = ::write(report, &number, sizeof number);
    ::_exit(127);
  };
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(127);  // the parent ended earlier, and nothing would be sent

  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  ::signal(SIGPIPE, SIG_DFL);
  ::signal(SIGXFSZ, SIG_DFL);

  if (!options_.cores.empty()) {
    cpu_set_t set;
    CPU_ZERO(&set);
    for (const std::uint32_t core : options_.cores) CPU_SET(core, &set);
    if (::sched_setaffinity(0, sizeof set, &set) != 0) give_up();
  }
  // Out of the way of the numbers below.
  report = ::fcntl(report, F_DUPFD_CLOEXEC, 64);
  const int nothing = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (::dup2(nothing, STDIN_FILENO) < 0) give_up();
  if (::dup2(out, STDOUT_FILENO) < 0) give_up();
  if (::dup2(err, STDERR_FILENO) < 0) give_up();
  for (const auto& [ours, theirs] : options_.inherited) {
    if (ours != theirs && ::dup2(ours, theirs) < 0) give_up();
    if (::fcntl(theirs, F_SETFD, 0) != 0) give_up();  // dup2 onto itself keeps close-on-exec
  }
  ::execvp(*arguments, arguments);  // which takes no memory, with glibc
  give_up();
  ::_exit(127);
}

Process::~Process() {
  kill_and_reap();
  if (pid_fd_ >= 0) ::close(pid_fd_);
}

bool Process::has_ended() {
  if (reaped_) return true;
  pollfd ended{.fd = pid_fd_, .events = POLLIN, .revents = 0};
  return ::poll(&ended, 1, 0) > 0;
}

void Process::terminate() {
  if (!has_ended()) ::kill(pid_, SIGTERM);
}

bool Process::wait_until(Nanos deadline_ns) {
  while (true) {
    if (has_ended()) {
      out_.read_available();
      err_.read_available();
      return true;
    }
    const Nanos left_ns = deadline_ns - monotonic_ns();
    if (left_ns <= 0) return false;
    pollfd sources[] = {{pid_fd_, POLLIN, 0}, {out_.fd(), POLLIN, 0}, {err_.fd(), POLLIN, 0}};
    ::poll(sources, 3, static_cast<int>(left_ns / kMillisecond) + 1);
    out_.read_available();
    err_.read_available();
  }
}

void Process::kill_and_reap() {
  if (reaped_) return;
  // Before the leader is reaped: until then nobody else can get its group's number.
  ::kill(-pid_, SIGKILL);
  ::kill(pid_, SIGKILL);  // in case it has not yet reached setpgid
  reap();
}

void Process::reap() {
  while (::waitpid(pid_, &wait_status_, 0) < 0 && errno == EINTR) {
  }
  reaped_ = true;
  out_.read_available();
  err_.read_available();
}

std::string Process::ending() {
  kill_and_reap();
  std::string text = WIFSIGNALED(wait_status_) ? fmt::format("signal {}", WTERMSIG(wait_status_))
                                               : fmt::format("exit {}", WEXITSTATUS(wait_status_));
  const std::string words = last_words(err_.text());
  if (!words.empty()) text += fmt::format(": {}", words);
  return text;
}

bool Process::succeeded() {
  if (!has_ended()) return false;
  kill_and_reap();
  return WIFEXITED(wait_status_) && WEXITSTATUS(wait_status_) == 0;
}

}  // namespace etude::harness
