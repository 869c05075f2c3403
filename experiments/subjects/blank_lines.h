// experiments/subjects/blank_lines.h
//
// Counts the blank lines of a byte stream, however it is cut into reads: each ends one request
// without a body. All the HTTP that the ceiling server knows.

#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

namespace etude {

class BlankLineCounter {
 public:
  // How many "\r\n\r\n" end within `bytes`, which follow those of the last call.
  std::uint64_t count(std::string_view bytes) noexcept {
    constexpr char kBlankLine[] = "\r\n\r\n";
    std::uint64_t blank_lines = 0;
    const char* at = bytes.data();
    const char* const end = at + bytes.size();
    while (at != end) {
      if (matched_ == 0) {  // nothing begun: on to the next line end, at memchr's speed
        const void* line_end = std::memchr(at, '\r', static_cast<std::size_t>(end - at));
        if (line_end == nullptr) break;
        at = static_cast<const char*>(line_end) + 1;
        matched_ = 1;
        continue;
      }
      const char c = *at++;
      if (c == kBlankLine[matched_]) {
        if (++matched_ == 4) {
          ++blank_lines;
          matched_ = 0;
        }
      } else {
        matched_ = c == '\r' ? 1 : 0;
      }
    }
    return blank_lines;
  }

 private:
  std::uint8_t matched_ = 0;  // bytes of "\r\n\r\n" seen last
};

}  // namespace etude
