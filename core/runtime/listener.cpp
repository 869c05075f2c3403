#include "core/runtime/listener.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "core/failure.h"

namespace etude {
namespace {

struct ListenAddress {
  sockaddr_storage storage{};
  socklen_t bytes = 0;
};

ListenAddress parse_address(const std::string& host, std::uint16_t port) {
  ListenAddress result;
  sockaddr_in v4{};
  sockaddr_in6 v6{};
  if (inet_pton(AF_INET, host.c_str(), &v4.sin_addr) == 1) {
    v4.sin_family = AF_INET;
    v4.sin_port = htons(port);
    std::memcpy(&result.storage, &v4, sizeof v4);
    result.bytes = sizeof v4;
  } else if (inet_pton(AF_INET6, host.c_str(), &v6.sin6_addr) == 1) {
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(port);
    std::memcpy(&result.storage, &v6, sizeof v6);
    result.bytes = sizeof v6;
  } else {
    throw Error(fmt::format("--host {}", host), "not an IPv4 or IPv6 address",
                "give one: 127.0.0.1 or ::1 for this machine alone, :: for both families");
  }
  return result;
}

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
  const ListenAddress address = parse_address(host, port);
  const int fd = socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) throw Error("listening socket", std::strerror(errno), "raise ulimit -n");
  switch_on(fd, SOL_SOCKET, SO_REUSEADDR);
  if (sharing == PortSharing::reuseport) switch_on(fd, SOL_SOCKET, SO_REUSEPORT);
  if (address.storage.ss_family == AF_INET6) {
    // Whatever the machine's default: "::" takes both families, any other address has only one.
    const int off = 0;
    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
  }
  switch_on(fd, IPPROTO_TCP, TCP_NODELAY);  // inherited by each connection: no call per accept
  if (bind(fd, reinterpret_cast<const sockaddr*>(&address.storage), address.bytes) != 0 ||
      listen(fd, backlog) != 0) {
    const int cause = errno;
    const std::string shown =
        address.storage.ss_family == AF_INET6 ? fmt::format("[{}]", host) : host;
    close(fd);
    throw Error(fmt::format("{}:{}", shown, port), std::strerror(cause),
                "choose another --port (0 lets the kernel choose), or end what holds it");
  }
  return fd;
}

std::uint16_t port_of(int listen_fd) {
  sockaddr_storage name{};
  socklen_t length = sizeof name;
  require(getsockname(listen_fd, reinterpret_cast<sockaddr*>(&name), &length) == 0,
          "a listening socket has a name");
  in_port_t port = 0;
  if (name.ss_family == AF_INET6) {
    sockaddr_in6 address{};
    std::memcpy(&address, &name, sizeof address);
    port = address.sin6_port;
  } else {
    sockaddr_in address{};
    std::memcpy(&address, &name, sizeof address);
    port = address.sin_port;
  }
  return ntohs(port);
}

Accepted accept_from(int listen_fd) noexcept {
  const int fd = accept4(listen_fd, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd >= 0) return {.outcome = Accepted::Outcome::connection, .fd = fd};
  if (errno == EAGAIN) return {.outcome = Accepted::Outcome::nothing};
  return {.outcome =
              is_of_one_connection(errno) ? Accepted::Outcome::lost : Accepted::Outcome::refused};
}

}  // namespace etude
