// core/clock.h
//
// Time as a part that is handed in, so that whoever measures can be tested with a clock that
// stands still. The only owner of the host's clocks.
//
// Threads: MonotonicClock and CoarseClock from any; ManualClock from one at a time.

#pragma once

#include <pthread.h>
#include <sys/types.h>

#include <optional>
#include <string>

#include "core/types.h"

namespace etude {

class Clock {
 public:
  virtual ~Clock() = default;
  Clock(const Clock&) = delete;
  Clock& operator=(const Clock&) = delete;

  // Never runs backwards. Comparable within one host and one boot only.
  virtual Nanos now_ns() const noexcept = 0;

 protected:
  Clock() = default;
};

class MonotonicClock final : public Clock {
 public:
  Nanos now_ns() const noexcept override;
};

// The same, up to a tick of the kernel behind (1 to 10 ms), for a fraction of the cost: for
// deadlines, of which nobody asks more.
class CoarseClock final : public Clock {
 public:
  Nanos now_ns() const noexcept override;
};

// For tests: stands still until it is told to move.
class ManualClock final : public Clock {
 public:
  Nanos now_ns() const noexcept override { return now_ns_; }
  void advance_ns(Nanos by_ns) noexcept { now_ns_ += by_ns; }

 private:
  Nanos now_ns_ = 0;
};

// CLOCK_MONOTONIC without a virtual call, for the hot paths of driver and load generator.
Nanos monotonic_ns() noexcept;

// CPU time of the calling thread, and of another one; 0 if that one has ended.
Nanos thread_cpu_ns() noexcept;
Nanos thread_cpu_ns(pthread_t thread) noexcept;

// CPU time of a process, with all its threads; nothing when there is none of that number.
std::optional<Nanos> process_cpu_ns(pid_t process) noexcept;

// The wall clock: seconds since 1970, UTC.
std::int64_t unix_seconds() noexcept;

// The wall clock, UTC, as "2026-01-31T12:00:00Z": for records that people read.
std::string utc_timestamp();

}  // namespace etude
