// core/types.h
//
// The few words that every room shares: who a worker is, and how time is counted.

#pragma once

#include <cstdint>

namespace etude {

// One worker: a real thread (core/runtime/worker.h) or a virtual core (experiments/simulator/).
// Numbered 0 .. workers - 1; the workers of one core are neighbours.
enum class WorkerId : std::uint32_t {};

// "No worker": the caller is another thread, or the task has no home yet.
inline constexpr WorkerId kNoWorker{0xffff'ffffU};

constexpr std::uint32_t index(WorkerId worker) noexcept {
  return static_cast<std::uint32_t>(worker);
}

// A point in time, or a length of it, in nanoseconds on the monotonic clock of one host.
using Nanos = std::int64_t;

inline constexpr Nanos kMicrosecond = 1'000;
inline constexpr Nanos kMillisecond = 1'000'000;
inline constexpr Nanos kSecond = 1'000'000'000;

}  // namespace etude
