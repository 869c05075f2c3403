#include "core/runtime/listener.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "core/failure.h"

namespace etude {
namespace {

void switch_on(int fd, int level, int option) {
  const int on = 1;
  setsockopt(fd, level, option, &on, sizeof on);
}

// An error of the connection that was about to be given out; the machine is well.
bool is_of_one_connection(int error) {
  switch (error) {
    case EINTR:  // of no connection at all, and to be met in the same way
    case ECONNABORTED:
    case EPROTO:
    case ENOPROTOOPT:
    case EOPNOTSUPP:
    case ENETDOWN:
    case ENETUNREACH:
    case EHOSTDOWN:
    case EHOSTUNREACH:
    case ENONET:
      return true;
    default:
      return false;
  }
}

}  // namespace

int open_listener(const std::string& host, std::uint16_t port, int backlog, PortSharing sharing) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  if (inet_pton(AF_INET, host.c_str(), &address.sin_addr) != 1) {
    throw Error(fmt::format("--host {}", host), "not an IPv4 address",
                "give one, 127.0.0.1 for this machine alone");
  }
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) throw Error("listening socket", std::strerror(errno), "raise ulimit -n");
  switch_on(fd, SOL_SOCKET, SO_REUSEADDR);
  if (sharing == PortSharing::reuseport) switch_on(fd, SOL_SOCKET, SO_REUSEPORT);
  switch_on(fd, IPPROTO_TCP, TCP_NODELAY);  // inherited by each connection: no call per accept
  if (bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      listen(fd, backlog) != 0) {
    const int cause = errno;
    close(fd);
    throw Error(fmt::format("{}:{}", host, port), std::strerror(cause),
                "choose another --port (0 lets the kernel choose), or end what holds it");
  }
  return fd;
}

std::uint16_t port_of(int listen_fd) {
  sockaddr_in address{};
  socklen_t length = sizeof address;
  require(getsockname(listen_fd, reinterpret_cast<sockaddr*>(&address), &length) == 0,
          "a listening socket has a name");
  return ntohs(address.sin_port);
}

Accepted accept_from(int listen_fd) noexcept {
  const int fd = accept4(listen_fd, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd >= 0) return {.outcome = Accepted::Outcome::connection, .fd = fd};
  if (errno == EAGAIN) return {.outcome = Accepted::Outcome::nothing};
  return {.outcome =
              is_of_one_connection(errno) ? Accepted::Outcome::lost : Accepted::Outcome::refused};
}

}  // namespace etude
