// Goal: first in, first out, also while it grows and when one is taken out of the middle. Method:
// against std::deque, with the same random calls.

#include "experiments/simulator/ring.h"

#include <gtest/gtest.h>

#include <deque>

#include "core/random.h"

namespace etude::sim {
namespace {

TEST(Ring, DoesWhatADequeDoes) {
  Rng rng(3);
  Ring<int> ring;
  std::deque<int> expected;
  for (int step = 0; step < 20'000; ++step) {
    const std::uint32_t what = rng.below(8);
    if (what < 4 || expected.empty()) {
      ring.push(step);
      expected.push_back(step);
    } else if (what < 7) {
      ASSERT_EQ(ring.front(), expected.front());
      ASSERT_EQ(ring.pop(), expected.front());
      expected.pop_front();
    } else {
      const std::size_t at = rng.below(static_cast<std::uint32_t>(expected.size()));
      ASSERT_EQ(ring.take(at), expected[at]);
      expected.erase(expected.begin() + static_cast<std::ptrdiff_t>(at));
    }
    ASSERT_EQ(ring.size(), expected.size());
    ASSERT_EQ(ring.empty(), expected.empty());
    for (std::size_t i = 0; i < expected.size() && step % 100 == 0; ++i) {
      ASSERT_EQ(ring.at(i), expected[i]);
    }
  }
}

}  // namespace
}  // namespace etude::sim
