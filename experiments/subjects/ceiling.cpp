// build/etude_ceiling: the bare control server. What it loses with more connections is the kernel's
// and the cache's, and no scheduler's.
//
// It reads, counts blank lines (one request each), and answers each with the same canned bytes, all
// in one write per read. It parses nothing, checks nothing and routes nothing. Per core one thread
// with one epoll loop and one SO_REUSEPORT listener; sockets are edge-triggered and registered
// once, since a level-triggered one is polled again for nothing after every event.

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "core/failure.h"
#include "core/stderr_text.h"
#include "experiments/subjects/blank_lines.h"

namespace {

using etude::Error;

constexpr std::size_t kReadBytes = 16 * 1024;
constexpr std::size_t kCannedCopies = 256;
constexpr int kEvents = 512;

// As long as Etude's own /plaintext answer, so that the kernel copies as much. Its Date stands
// still.
constexpr std::string_view kResponse =
    "HTTP/1.1 200 OK\r\nServer: etude\r\nDate: Thu, 01 Jan 2026 00:00:00 GMT\r\n"
    "Content-Type: text/plain\r\nContent-Length: 13\r\n\r\nHello, World!";

struct Peer {
  etude::BlankLineCounter counter;
  bool open = false;
  std::uint64_t owed_bytes = 0;  // of responses not written yet
};

// One thread's loop. Peers are found by their descriptor.
class Loop {
 public:
  Loop(int listener, int stop_fd) : listener_(listener), stop_fd_(stop_fd) {
    for (std::size_t i = 0; i < kCannedCopies; ++i) canned_ += kResponse;
    rlimit limit{};
    getrlimit(RLIMIT_NOFILE, &limit);
    peers_.resize(limit.rlim_cur);
    epoll_ = epoll_create1(EPOLL_CLOEXEC);
    spare_ = open("/dev/null", O_RDONLY | O_CLOEXEC);
    watch(listener_, EPOLLIN);
    watch(stop_fd_, EPOLLIN);
  }

  ~Loop() {
    for (std::size_t fd = 0; fd < peers_.size(); ++fd) {
      if (peers_[fd].open) close(static_cast<int>(fd));
    }
    close(spare_);
    close(epoll_);
    close(listener_);
  }
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  void run() {
    std::array<epoll_event, kEvents> events;
    while (true) {
      const int count = epoll_wait(epoll_, events.data(), kEvents, -1);
      for (int i = 0; i < count; ++i) {
        const epoll_event& event = events[static_cast<std::size_t>(i)];
        if (event.data.fd == stop_fd_) return;
        if (event.data.fd == listener_) {
          accept_all();
        } else if (!serve(event.data.fd, (event.events & (EPOLLRDHUP | EPOLLHUP)) != 0)) {
          peers_[static_cast<std::size_t>(event.data.fd)] = {};
          close(event.data.fd);
        }
      }
    }
  }

 private:
  void watch(int fd, std::uint32_t events) {
    epoll_event event{};
    event.events = events;
    event.data.fd = fd;
    etude::require(epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) == 0, "epoll takes a descriptor");
  }

  void accept_all() {
    while (true) {
      const int fd = accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (fd >= 0) {
        const int on = 1;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        peers_[static_cast<std::size_t>(fd)] = {.counter = {}, .open = true, .owed_bytes = 0};
        watch(fd, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET);
      } else if (errno == EMFILE || errno == ENFILE) {
        if (!turn_away()) return;
      } else if (errno != ECONNABORTED && errno != EINTR) {
        return;
      }
    }
  }

  // Out of descriptors: the spare one makes room to accept the caller and close on it at once.
  // Left in the backlog it would wake this loop again and again. False: nobody was waiting (accept4
  // complains of having no descriptor before it looks).
  bool turn_away() {
    close(spare_);
    const int fd = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd >= 0) close(fd);
    spare_ = open("/dev/null", O_RDONLY | O_CLOEXEC);
    return fd >= 0;
  }

  // Reads and answers until the socket is empty, or takes no more. False: close it.
  bool serve(int fd, bool closing) {
    Peer& peer = peers_[static_cast<std::size_t>(fd)];
    if (peer.owed_bytes > 0) {
      if (!write_owed(fd, peer)) return false;
      if (peer.owed_bytes > 0) return true;  // it reads nothing more until it has taken these
    }
    while (true) {
      const ssize_t got = recv(fd, buffer_.data(), buffer_.size(), 0);
      if (got < 0) return errno == EAGAIN || errno == EINTR;
      if (got == 0) return false;
      const auto bytes = static_cast<std::size_t>(got);
      peer.owed_bytes = peer.counter.count({buffer_.data(), bytes}) * kResponse.size();
      if (!write_owed(fd, peer)) return false;
      if (peer.owed_bytes > 0) return true;
      if (bytes < buffer_.size() && !closing) return true;  // a short read emptied the socket
    }
  }

  // False: the peer is gone.
  bool write_owed(int fd, Peer& peer) {
    while (peer.owed_bytes > 0) {
      // What is owed ends with a whole response, so its length tells where in one to go on.
      const std::size_t owed_of_first = peer.owed_bytes % kResponse.size();
      const std::size_t begin = owed_of_first == 0 ? 0 : kResponse.size() - owed_of_first;
      const std::size_t bytes = std::min<std::size_t>(peer.owed_bytes, canned_.size() - begin);
      const ssize_t written = send(fd, canned_.data() + begin, bytes, MSG_NOSIGNAL);
      if (written < 0) return errno == EAGAIN || errno == EINTR;  // EPOLLOUT will come
      peer.owed_bytes -= static_cast<std::uint64_t>(written);
    }
    return true;
  }

  int listener_;
  int stop_fd_;
  int epoll_ = -1;
  int spare_ = -1;  // a descriptor to give back when there are no more
  std::string canned_;
  std::array<char, kReadBytes> buffer_;
  std::vector<Peer> peers_;
};

int listen_on(const std::string& host, int port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  const int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  if (inet_pton(AF_INET, host.c_str(), &address.sin_addr) != 1) {
    close(fd);
    throw Error(fmt::format("--host {}", host), "is no IPv4 address", "write 127.0.0.1 or 0.0.0.0");
  }
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  if (bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      listen(fd, 65'535) != 0) {
    const int reason = errno;
    close(fd);
    throw Error(fmt::format("--host {} --port {}", host, port), std::strerror(reason),
                "choose another one, or 0 for any");
  }
  return fd;
}

int port_of(int listener) {
  sockaddr_in address{};
  socklen_t bytes = sizeof address;
  getsockname(listener, reinterpret_cast<sockaddr*>(&address), &bytes);
  return ntohs(address.sin_port);
}

void pin_to(int core) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(static_cast<unsigned>(core), &set);
  if (pthread_setaffinity_np(pthread_self(), sizeof set, &set) != 0) {
    throw Error(fmt::format("--cores {}", core), "no such core for this process",
                "name cores of taskset -p $$");
  }
}

void raise_file_limit() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  // A loop keeps a row per possible descriptor: a million of them is 32 MB.
  limit.rlim_cur = std::min<rlim_t>(limit.rlim_max, 1U << 20U);
  setrlimit(RLIMIT_NOFILE, &limit);
}

// SIGTERM and SIGINT become readiness of a descriptor, seen by every loop.
int make_stop_fd() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  return signalfd(-1, &signals, SFD_NONBLOCK | SFD_CLOEXEC);
}

// The exit code.
int serve(const std::string& host, int port, const std::vector<int>& cores) {
  raise_file_limit();
  for (const int core : cores) pin_to(core);  // all of them exist, before anything is opened
  const int stop_fd = make_stop_fd();
  const std::size_t loop_count = std::max<std::size_t>(1, cores.size());
  std::vector<std::unique_ptr<Loop>> loops;
  for (std::size_t i = 0; i < loop_count; ++i) {
    const int listener = listen_on(host, port);
    port = port_of(listener);
    loops.push_back(std::make_unique<Loop>(listener, stop_fd));
  }
  fmt::print("etude_ceiling: http://{}:{} · {} core{}\n", host, port, loop_count,
             loop_count == 1 ? "" : "s");
  if (std::fflush(stdout) != 0) {
    etude::print_stderr("etude_ceiling: stdout: {}; write to a file or pipe that takes it\n",
                        std::strerror(errno));
    return 1;
  }
  std::vector<std::jthread> threads;
  for (std::size_t i = 0; i < loop_count; ++i) {
    threads.emplace_back([&loops, &cores, i] {
      if (!cores.empty()) pin_to(cores[i]);
      loops[i]->run();
    });
  }
  threads.clear();  // joins
  close(stop_fd);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"The bare control server: counts blank lines and answers each with canned bytes."};
  std::string host = "127.0.0.1";
  int port = 8080;
  std::vector<int> cores;
  app.add_option("--host", host, "IPv4 address to listen on; 0.0.0.0 is all of them");
  app.add_option("--port", port, "0 takes a free one")->check(CLI::Range(0, 65'535));
  app.add_option("--cores", cores, "one loop pinned to each; without it one, wherever it runs")
      ->delimiter(',')
      ->check(CLI::Range(0, CPU_SETSIZE - 1));
  app.footer("Example:\n  etude_ceiling --port 8080 --cores 0");
  try {
    app.parse(argc, argv);
    std::signal(SIGPIPE, SIG_IGN);
    return serve(host, port, cores);
  } catch (const CLI::CallForHelp& help) {
    return app.exit(help);
  } catch (const std::exception& mistake) {
    etude::print_stderr("etude_ceiling: {}\n", mistake.what());
    return 2;
  }
}
