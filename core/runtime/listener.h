// core/runtime/listener.h
//
// Opens listening TCP sockets and accepts from them.
//
// Threads:   any.
// Ownership: the descriptor returned is the caller's.
// Errors:    opening throws Error for a host that is no address, a port that is taken or not
//            allowed. Whatever accepting runs into is an ordinary outcome.
// Source:    accept(2), "Error handling": which errors are those of one connection.

#pragma once

#include <cstdint>
#include <string>

namespace etude {

enum class PortSharing : std::uint8_t { exclusive, reuseport };

// `host` is an IPv4 or an IPv6 address; "::" takes connections of both families.
int open_listener(const std::string& host, std::uint16_t port, int backlog, PortSharing sharing);

// The port a listening socket is bound to.
std::uint16_t port_of(int listen_fd);

struct Accepted {
  enum class Outcome : std::uint8_t {
    connection,
    lost,     // that one broke before it was ours; the next may be whole
    nothing,  // nobody waits
    refused,  // by the machine, and for a while: asking again at once would be a busy loop
  };
  Outcome outcome;
  int fd = -1;  // of a connection: not blocking, closed on exec
};

Accepted accept_from(int listen_fd) noexcept;

}  // namespace etude
