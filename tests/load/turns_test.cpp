#include "experiments/load/turns.h"

#include <gtest/gtest.h>

namespace etude::load {
namespace {

constexpr Turns kFirst{.length_ns = 100, .index = 0, .count = 3};
constexpr Turns kLast{.length_ns = 100, .index = 2, .count = 3};

TEST(Turns, EveryMomentIsExactlyOneClients) {
  for (Nanos now_ns = 0; now_ns < 1'000; now_ns += 7) {
    int owners = 0;
    for (std::uint32_t index = 0; index < 3; ++index) {
      const Turns turns{.length_ns = 100, .index = index, .count = 3};
      owners += turns.is_ours(now_ns) ? 1 : 0;
    }
    EXPECT_EQ(owners, 1) << "at " << now_ns;
  }
}

TEST(Turns, WithoutThemEveryMomentIsOurs) {
  const Turns none;
  EXPECT_TRUE(none.is_ours(123));
  EXPECT_EQ(none.next_ns(123), 123);
  EXPECT_EQ(none.ours_between(100, 350), 250);
}

TEST(Turns, TheNextOneBeginsOnTheGrid) {
  EXPECT_EQ(kFirst.next_ns(50), 50) << "it is ours now";
  EXPECT_EQ(kFirst.next_ns(100), 300);
  EXPECT_EQ(kFirst.next_ns(299), 300);
  EXPECT_EQ(kLast.next_ns(0), 200);
  EXPECT_EQ(kLast.next_ns(300), 500);
}

TEST(Turns, CountsTheTimeThatIsOurs) {
  EXPECT_EQ(kFirst.ours_between(0, 300), 100);
  EXPECT_EQ(kFirst.ours_between(50, 350), 100);
  EXPECT_EQ(kFirst.ours_between(120, 280), 0);
  EXPECT_EQ(kLast.ours_between(0, 900), 300);
}

}  // namespace
}  // namespace etude::load
