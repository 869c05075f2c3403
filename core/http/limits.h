// core/http/limits.h
//
// How much one connection may ask for. Each limit has its own answer: 414, 431, 413, 408.

#pragma once

#include <cstdint>

#include "core/types.h"

namespace etude::http {

struct Limits {
  std::uint32_t request_line_bytes = 8'192;  // 414; RFC 9112 §3 asks for at least 8,000
  std::uint32_t head_bytes = 16'384;         // 431; request line and fields together
  std::uint32_t trailer_bytes = 8'192;       // 431
  std::uint32_t fields = 100;                // 431
  std::uint64_t body_bytes = 1'048'576;      // 413
};

struct Timeouts {
  Nanos head_ns = 10 * kSecond;   // first byte of a request to the end of its head: 408
  Nanos body_ns = 30 * kSecond;   // end of the head to the end of the body: 408
  Nanos idle_ns = 60 * kSecond;   // between two requests: closed without a word
  Nanos write_ns = 30 * kSecond;  // one write that the peer does not take: closed
  Nanos linger_ns = 2 * kSecond;  // after a last answer, for a peer that still sends
  // The same after a 408: that peer has had its time, and is to be gone within a second of it.
  Nanos linger_late_ns = 250 * kMillisecond;
};

}  // namespace etude::http
