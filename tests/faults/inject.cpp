// Loaded in front of the C library (LD_PRELOAD): lets every nth system call of a kind end as it
// would on a machine under strain, and counts what it did, so that a test can show that it did.
//
//   ETUDE_INJECT         words of the form KIND:EVERY[:ERROR,ERROR..], for example
//                        "accept:7:24,23 send:3 recv:5 wait:9"; ERROR is a number of errno.h
//   ETUDE_INJECT_COUNTS  a file for the counts, one 64-bit number per Event, written as they happen
//
// accept takes the errors of the list in turn; send is cut short, interrupted (EINTR), or refused
// (EAGAIN) in turn; recv the latter two; wait (epoll_wait) is interrupted.
//
// Threads: any. Errors: a missing variable injects nothing; what cannot be set up ends the process.

#include <dlfcn.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

namespace {

enum Event : std::size_t {
  accept_failed,
  send_cut_short,
  send_interrupted,
  send_refused,
  recv_interrupted,
  recv_refused,
  wait_interrupted,
  event_count
};

using Counts = std::array<std::atomic<std::uint64_t>, event_count>;

struct Kind {
  std::uint64_t every = 0;  // 0: never
  std::vector<int> errors = {};
  std::atomic<std::uint64_t> calls{0};

  // Which one of those to be injected this call is, from 1; 0: it is none.
  std::uint64_t turn() noexcept {
    if (every == 0) return 0;
    const std::uint64_t nth = calls.fetch_add(1, std::memory_order_relaxed) + 1;
    return nth % every == 0 ? nth / every : 0;
  }
};

Counts* map_counts() {
  const char* const path = std::getenv("ETUDE_INJECT_COUNTS");
  if (path == nullptr) return new Counts{};
  const int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0 || ftruncate(fd, sizeof(Counts)) != 0) std::abort();
  void* const place = mmap(nullptr, sizeof(Counts), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  close(fd);
  if (place == MAP_FAILED) std::abort();
  return static_cast<Counts*>(place);  // zero bytes are what a count begins with
}

struct Plan {
  Plan() {
    const char* const words = std::getenv("ETUDE_INJECT");
    std::string_view left = words == nullptr ? "" : words;
    while (!left.empty()) {
      const std::size_t space = left.find(' ');
      read_word(std::string(left.substr(0, space)));
      left = space == std::string_view::npos ? "" : left.substr(space + 1);
    }
  }

  void read_word(const std::string& word) {
    const std::size_t colon = word.find(':');
    if (colon == std::string::npos) std::abort();
    const std::string name = word.substr(0, colon);
    Kind* const kind = name == "accept" ? &accept
                       : name == "send" ? &send
                       : name == "recv" ? &recv
                       : name == "wait" ? &wait
                                        : nullptr;
    if (kind == nullptr) std::abort();
    char* rest = nullptr;
    kind->every = std::strtoull(word.c_str() + colon + 1, &rest, 10);
    while (*rest != '\0') {
      kind->errors.push_back(static_cast<int>(std::strtol(rest + 1, &rest, 10)));
    }
  }

  Kind accept, send, recv, wait;
  Counts& counts = *map_counts();
};

Plan& plan() {
  static Plan the_plan;
  return the_plan;
}

int fail_with(int error, Event event) {
  plan().counts[event].fetch_add(1, std::memory_order_relaxed);
  errno = error;
  return -1;
}

template <typename Function>
Function* next_of(Function*, const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

// Where a descriptor is watched. A refusal that the kernel knows nothing of would make no edge, and
// a waiter would wait for ever; so the watch is set anew, and the kernel reports what is ready.
struct Watch {
  std::atomic<int> epoll_fd{-1};
  std::atomic<std::uint32_t> events{0};
  std::atomic<std::uint64_t> data{0};
};
std::array<Watch, 65'536> watches;

int real_epoll_ctl(int epoll_fd, int operation, int fd, epoll_event* event) {
  static const auto next = next_of(&epoll_ctl, "epoll_ctl");
  return next(epoll_fd, operation, fd, event);
}

int refuse(int fd, Event event) {
  const Watch& watch = watches.at(static_cast<std::size_t>(fd));
  epoll_event again{};
  again.events = watch.events.load(std::memory_order_relaxed);
  again.data.u64 = watch.data.load(std::memory_order_relaxed);
  real_epoll_ctl(watch.epoll_fd.load(std::memory_order_relaxed), EPOLL_CTL_MOD, fd, &again);
  return fail_with(EAGAIN, event);
}

}  // namespace

extern "C" {

int accept4(int fd, sockaddr* address, socklen_t* length, int flags) {
  static const auto next = next_of(&accept4, "accept4");
  Kind& kind = plan().accept;
  const std::uint64_t turn = kind.turn();
  if (turn == 0 || kind.errors.empty()) return next(fd, address, length, flags);
  return fail_with(kind.errors[turn % kind.errors.size()], accept_failed);
}

ssize_t send(int fd, const void* bytes, std::size_t count, int flags) {
  static const auto next = next_of(&send, "send");
  const std::uint64_t turn = plan().send.turn();
  if (turn == 0) return next(fd, bytes, count, flags);
  if (turn % 3 == 1) return fail_with(EINTR, send_interrupted);
  if (turn % 3 == 2) return refuse(fd, send_refused);
  plan().counts[send_cut_short].fetch_add(1, std::memory_order_relaxed);
  return next(fd, bytes, (count + 1) / 2, flags);
}

ssize_t recv(int fd, void* room, std::size_t count, int flags) {
  static const auto next = next_of(&recv, "recv");
  const std::uint64_t turn = flags == 0 ? plan().recv.turn() : 0;
  if (turn == 0) return next(fd, room, count, flags);
  if (turn % 2 == 1) return fail_with(EINTR, recv_interrupted);
  return refuse(fd, recv_refused);
}

int epoll_wait(int fd, epoll_event* events, int count, int timeout_ms) {
  static const auto next = next_of(&epoll_wait, "epoll_wait");
  if (plan().wait.turn() == 0) return next(fd, events, count, timeout_ms);
  return fail_with(EINTR, wait_interrupted);
}

int epoll_ctl(int epoll_fd, int operation, int fd, epoll_event* event) noexcept {
  if (event != nullptr && operation != EPOLL_CTL_DEL) {
    Watch& watch = watches.at(static_cast<std::size_t>(fd));
    watch.epoll_fd.store(epoll_fd, std::memory_order_relaxed);
    watch.events.store(event->events, std::memory_order_relaxed);
    watch.data.store(event->data.u64, std::memory_order_relaxed);
  }
  return real_epoll_ctl(epoll_fd, operation, fd, event);
}

}  // extern "C"
