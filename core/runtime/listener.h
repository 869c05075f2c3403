// core/runtime/listener.h
//
// Opens listening TCP sockets.
//
// Threads:   any.
// Ownership: the descriptor returned is the caller's.
// Errors:    throws Error for a host that is no address, a port that is taken or not allowed.

#pragma once

#include <cstdint>
#include <string>

namespace etude {

enum class PortSharing : std::uint8_t { exclusive, reuseport };

int open_listener(const std::string& host, std::uint16_t port, int backlog, PortSharing sharing);

// The port a listening socket is bound to.
std::uint16_t port_of(int listen_fd);

}  // namespace etude
