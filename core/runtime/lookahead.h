// core/runtime/lookahead.h
//
// Has the cache fetch the next fiber's stack while the present one runs. An idle connection's lines
// have all gone cold under many connections, and a woken fiber would wait for two dozen of them one
// after another. Most policies carry fibers in the order in which they became ready, so that order
// is noted here, with addresses alone; a policy that keeps another one loses nothing but the hint.
//
// Threads:   one worker's. Fibers of the trail may run elsewhere meanwhile: none is read.
// Ownership: borrows nothing: an address out of date is fetched in vain.
// Limits:    the kPlaces fibers noted last.

#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/runtime/fiber.h"

namespace etude {

class Lookahead {
 public:
  static constexpr std::size_t kPlaces = 4'096;  // as many events as libevent takes at once

  // A fiber that is about to be submitted, by whoever owns it until then.
  void note(Fiber& fiber) noexcept {
    fiber.trail_place = end_;
    trail_[end_++ % kPlaces] = {.fiber = &fiber, .stack = fiber.suspended_stack()};
  }

  // Before `fiber` is carried: fetches the one that was noted after it.
  void fetch_behind(const Fiber& fiber) const noexcept {
    const std::uint32_t next = fiber.trail_place + 1;
    if (next == end_ || trail_[fiber.trail_place % kPlaces].fiber != &fiber) return;
    const Place place = trail_[next % kPlaces];
    fetch(place.fiber, sizeof(Fiber));
    fetch(place.stack, kStackBytes);
  }

 private:
  static constexpr std::size_t kLineBytes = 64;
  // From the saved context up to the fiber: the frames of a connection that waits for a request.
  static constexpr std::size_t kStackBytes = 19 * kLineBytes;

  struct Place {
    const void* fiber = nullptr;
    const void* stack = nullptr;
  };

  static void fetch(const void* from, std::size_t bytes) noexcept {
    for (std::size_t at = 0; at < bytes; at += kLineBytes) {
      __builtin_prefetch(static_cast<const char*>(from) + at, 1);
    }
  }

  std::vector<Place> trail_ = std::vector<Place>(kPlaces);
  std::uint32_t end_ = 0;  // wraps around, together with the places
};

}  // namespace etude
