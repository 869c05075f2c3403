// experiments/load/turns.h
//
// Turns of several clients that load servers of the same cores one after the other. The grid is
// that of the monotonic clock, so clients of one host need not speak to each other: of `count`
// clients number `index` sends while (time / length) modulo count is its number.
//
// Threads: any; values.

#pragma once

#include <algorithm>
#include <cstdint>

#include "core/types.h"

namespace etude::load {

struct Turns {
  Nanos length_ns = 0;  // 0: no turns, send at any time
  std::uint32_t index = 0;
  std::uint32_t count = 1;

  bool are_taken() const noexcept { return length_ns > 0; }

  bool is_ours(Nanos now_ns) const noexcept {
    return !are_taken() || now_ns / length_ns % count == index;
  }

  // The first moment of a turn of ours at or behind `now_ns`, when it is not ours now.
  Nanos next_ns(Nanos now_ns) const noexcept {
    if (is_ours(now_ns)) return now_ns;
    const Nanos turn = now_ns / length_ns;
    const Nanos ahead = (Nanos{index} - turn % count + count) % count;
    return (turn + ahead) * length_ns;
  }

  // How much of [start, end) is ours.
  Nanos ours_between(Nanos start_ns, Nanos end_ns) const noexcept {
    if (!are_taken()) return end_ns - start_ns;
    Nanos sum_ns = 0;
    for (Nanos at_ns = next_ns(start_ns); at_ns < end_ns;) {
      const Nanos turn_end_ns = (at_ns / length_ns + 1) * length_ns;
      sum_ns += std::min(turn_end_ns, end_ns) - at_ns;
      at_ns = next_ns(turn_end_ns);
    }
    return sum_ns;
  }
};

}  // namespace etude::load
