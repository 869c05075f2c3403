#include "core/clock.h"

#include <ctime>

namespace etude {
namespace {

Nanos read_ns(clockid_t clock) noexcept {
  timespec time{};
  clock_gettime(clock, &time);
  return static_cast<Nanos>(time.tv_sec) * kSecond + time.tv_nsec;
}

}  // namespace

Nanos monotonic_ns() noexcept { return read_ns(CLOCK_MONOTONIC); }

Nanos thread_cpu_ns() noexcept { return read_ns(CLOCK_THREAD_CPUTIME_ID); }

Nanos thread_cpu_ns(pthread_t thread) noexcept {
  clockid_t clock{};
  return pthread_getcpuclockid(thread, &clock) == 0 ? read_ns(clock) : 0;
}

std::optional<Nanos> process_cpu_ns(pid_t process) noexcept {
  clockid_t clock{};
  if (clock_getcpuclockid(process, &clock) != 0) return std::nullopt;
  return read_ns(clock);
}

Nanos MonotonicClock::now_ns() const noexcept { return monotonic_ns(); }

Nanos CoarseClock::now_ns() const noexcept { return read_ns(CLOCK_MONOTONIC_COARSE); }

std::int64_t unix_seconds() noexcept { return std::time(nullptr); }

std::string utc_timestamp() {
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  gmtime_r(&now, &utc);
  char text[sizeof "2026-01-31T12:00:00Z"];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc);
  return text;
}

}  // namespace etude
