#include "core/http/date.h"

#include <chrono>
#include <cstring>

#include "core/clock.h"

namespace etude::http {

namespace {

// Two digits of `value` at `text`.
void put_two(char* text, unsigned value) noexcept {
  text[0] = static_cast<char>('0' + value / 10 % 10);
  text[1] = static_cast<char>('0' + value % 10);
}

}  // namespace

std::int64_t HostWallClock::unix_seconds() const noexcept { return etude::unix_seconds(); }

void format_date(std::int64_t unix_seconds, char* text) noexcept {
  constexpr char kDays[] = "SunMonTueWedThuFriSat";
  constexpr char kMonths[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
  const std::chrono::sys_seconds moment{std::chrono::seconds{unix_seconds}};
  const auto day = std::chrono::floor<std::chrono::days>(moment);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss time{moment - day};
  const auto year = static_cast<unsigned>(static_cast<int>(date.year()));

  std::memcpy(text, "Sun, 06 Nov 1994 08:49:37 GMT", kDateBytes);
  std::memcpy(text, kDays + 3 * std::chrono::weekday{day}.c_encoding(), 3);
  put_two(text + 5, static_cast<unsigned>(date.day()));
  std::memcpy(text + 8, kMonths + 3 * (static_cast<unsigned>(date.month()) - 1), 3);
  put_two(text + 12, year / 100);
  put_two(text + 14, year % 100);
  put_two(text + 17, static_cast<unsigned>(time.hours().count()));
  put_two(text + 20, static_cast<unsigned>(time.minutes().count()));
  put_two(text + 23, static_cast<unsigned>(time.seconds().count()));
}

}  // namespace etude::http
