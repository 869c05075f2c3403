// core/task.h
//
// What a scheduler schedules. A Task is the part of a fiber (or of a simulated request) that a
// policy may see: a link for one intrusive queue, and nothing of what will run.
//
// Threads:   a task is in at most one queue, and its link belongs to that queue.
// Ownership: the driver's; a scheduler borrows it from submit() until next() returns it.

#pragma once

#include "core/types.h"

namespace etude {

struct Task {
  // Plain, not atomic: a queue publishes it together with the task, by its own release operation.
  Task* link = nullptr;
};

// Why a task became runnable, and the workers that know it best.
//
// alignas: passed in two whole registers. At 12 bytes g++ 12 builds it in memory from a byte and
// words, and the wide load that follows cannot be forwarded from those stores: it waits for them.
struct alignas(8) Origin {
  enum class Kind : std::uint8_t {
    spawned,  // a fiber's first run
    woken,    // another fiber woke it (join, queue, lock)
    io,       // its socket became ready
    timer,    // its time came
    yielded,  // it gave way of its own accord
    remote,   // a thread that is no worker made it runnable
  };

  Kind kind = Kind::spawned;
  WorkerId home = kNoWorker;      // whose reactor watches its socket; kNoWorker: it has none
  WorkerId last_ran = kNoWorker;  // whose cache may hold its stack; kNoWorker: it never ran

  // The common cases by name, so that a call reads like its reason.
  static constexpr Origin spawn(WorkerId home = kNoWorker) noexcept {
    return {.kind = Kind::spawned, .home = home, .last_ran = kNoWorker};
  }
  static constexpr Origin wake(WorkerId home, WorkerId last_ran) noexcept {
    return {.kind = Kind::woken, .home = home, .last_ran = last_ran};
  }
  static constexpr Origin io(WorkerId home, WorkerId last_ran) noexcept {
    return {.kind = Kind::io, .home = home, .last_ran = last_ran};
  }
  static constexpr Origin timer(WorkerId home, WorkerId last_ran) noexcept {
    return {.kind = Kind::timer, .home = home, .last_ran = last_ran};
  }
  static constexpr Origin yield(WorkerId home, WorkerId last_ran) noexcept {
    return {.kind = Kind::yielded, .home = home, .last_ran = last_ran};
  }
  static constexpr Origin remote() noexcept { return {.kind = Kind::remote}; }
};

}  // namespace etude
