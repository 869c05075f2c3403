// tests/load/scripted_server.h
//
// A server that does with each connection what a test says, on blocking sockets, one thread per
// connection. Bound to a free port of 127.0.0.1; everything ends with the object.
//
// Threads: the script runs on the connection's own thread.

#pragma once

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "core/failure.h"
#include "core/types.h"
#include "experiments/subjects/blank_lines.h"

namespace etude {

// The server's end of one connection, as a script sees it.
class Peer {
 public:
  Peer(int fd, std::uint32_t number) : fd_(fd), number_(number) {}

  std::uint32_t number() const { return number_; }  // 0 for the first connection accepted

  // Blocks until `count` more requests have come; false: the client went away.
  bool await_requests(std::uint64_t count) {
    while (seen_ < count) {
      char bytes[16'384];
      const ssize_t got = recv(fd_, bytes, sizeof bytes, 0);
      if (got <= 0) return false;
      seen_ += counter_.count({bytes, static_cast<std::size_t>(got)});
    }
    seen_ -= count;
    return true;
  }

  // Blocks until one more request has come and says what it asks for; nothing: the client went
  // away. Not to be mixed with await_requests().
  std::optional<std::string> await_target() {
    constexpr std::string_view kHeadEnd = "\r\n\r\n";
    std::size_t end = 0;
    while ((end = unread_.find(kHeadEnd)) == std::string::npos) {
      char bytes[16'384];
      const ssize_t got = recv(fd_, bytes, sizeof bytes, 0);
      if (got <= 0) return {};
      unread_.append(bytes, static_cast<std::size_t>(got));
    }
    const std::size_t begin = unread_.find(' ') + 1;
    std::string target = unread_.substr(begin, unread_.find(' ', begin) - begin);
    unread_.erase(0, end + kHeadEnd.size());
    return target;
  }

  // Keeps the client waiting for that long; false: it went away.
  bool stall(Nanos length_ns) const {
    pollfd peer{.fd = fd_, .events = POLLRDHUP, .revents = 0};
    const timespec length{.tv_sec = length_ns / kSecond, .tv_nsec = length_ns % kSecond};
    return ppoll(&peer, 1, &length, nullptr) == 0;
  }

  bool send(std::string_view text) const {
    while (!text.empty()) {
      const ssize_t sent = ::send(fd_, text.data(), text.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      text.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }

 private:
  int fd_;
  std::uint32_t number_;
  std::uint64_t seen_ = 0;
  std::string unread_;
  BlankLineCounter counter_;
};

inline std::string response(std::string_view body, std::string_view more_fields = "") {
  return fmt::format("HTTP/1.1 200 OK\r\n{}Content-Length: {}\r\n\r\n{}", more_fields, body.size(),
                     body);
}

inline std::string repeated(std::string_view text, std::uint32_t count) {
  std::string all;
  for (std::uint32_t i = 0; i < count; ++i) all += text;
  return all;
}

// Answers batches of `count`, each with one write, until the client goes away.
inline void answer_batches(Peer& peer, std::uint32_t count, std::string_view body = "ok") {
  const std::string answer = repeated(response(body), count);
  while (peer.await_requests(count) && peer.send(answer)) {
  }
}

class ScriptedServer {
 public:
  using Script = std::function<void(Peer&)>;

  explicit ScriptedServer(Script script) : script_(std::move(script)) {
    listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t bytes = sizeof address;
    auto* any = reinterpret_cast<sockaddr*>(&address);
    require(bind(listener_, any, bytes) == 0, "a free port can be bound");
    require(listen(listener_, 1'024) == 0, "it can be listened on");
    getsockname(listener_, any, &bytes);
    port_ = ntohs(address.sin_port);
    acceptor_ = std::jthread([this] { accept_all(); });
  }

  ~ScriptedServer() {
    shutdown(listener_, SHUT_RDWR);  // wakes accept()
    acceptor_.join();
    {
      const std::scoped_lock lock(mutex_);
      for (const int fd : open_) shutdown(fd, SHUT_RDWR);
    }
    peers_.clear();  // joins
    close(listener_);
  }
  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;

  std::string url() const { return fmt::format("http://127.0.0.1:{}/", port_); }

 private:
  void accept_all() {
    for (std::uint32_t number = 0;; ++number) {
      const int fd = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (fd < 0) return;
      const int on = 1;
      setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      {
        const std::scoped_lock lock(mutex_);
        open_.push_back(fd);
      }
      peers_.emplace_back([this, fd, number] {
        Peer peer(fd, number);
        script_(peer);
        const std::scoped_lock lock(mutex_);
        std::erase(open_, fd);
        close(fd);
      });
    }
  }

  Script script_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::mutex mutex_;
  std::vector<int> open_;
  std::vector<std::jthread> peers_;
  std::jthread acceptor_;
};

}  // namespace etude
