// core/http/date.h
//
// The Date of a response: live, and formatted once per second.
//
// Threads: WallClock from any; DateText from one at a time.
// Source:  RFC 9110 §5.6.7 (IMF-fixdate), §6.6.1 (Date).

#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace etude::http {

inline constexpr std::size_t kDateBytes = 29;  // "Sun, 06 Nov 1994 08:49:37 GMT"

class WallClock {
 public:
  virtual ~WallClock() = default;
  WallClock(const WallClock&) = delete;
  WallClock& operator=(const WallClock&) = delete;

  // Seconds since 1970, UTC.
  virtual std::int64_t unix_seconds() const noexcept = 0;

 protected:
  WallClock() = default;
};

class HostWallClock final : public WallClock {
 public:
  std::int64_t unix_seconds() const noexcept override;
};

// Requires: the year has four digits.
void format_date(std::int64_t unix_seconds, char* text) noexcept;

class DateText {
 public:
  void refresh(std::int64_t unix_seconds) noexcept {
    if (unix_seconds == second_) return;
    format_date(unix_seconds, text_.data());
    second_ = unix_seconds;
  }
  const char* data() const noexcept { return text_.data(); }

 private:
  std::int64_t second_ = -1;
  std::array<char, kDateBytes> text_{};
};

}  // namespace etude::http
