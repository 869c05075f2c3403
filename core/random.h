// core/random.h
//
// Seeded randomness, the only source of it: the same seed gives the same run on every machine.
// Not for secrets.
//
// Threads: one at a time per generator.
// Source:  xoshiro256++, Blackman and Vigna, ACM TOMS 47 (2021), doi 10.1145/3460772; seeded by
//          splitmix64, Steele, Lea and Flood, OOPSLA 2014, doi 10.1145/2660193.2660195.

#pragma once

#include <array>
#include <bit>
#include <cmath>
#include <cstdint>

namespace etude {

// One step of splitmix64: turns neighbouring seeds into unrelated ones.
constexpr std::uint64_t mix_seed(std::uint64_t seed) noexcept {
  seed += 0x9e37'79b9'7f4a'7c15U;
  seed = (seed ^ (seed >> 30U)) * 0xbf58'476d'1ce4'e5b9U;
  seed = (seed ^ (seed >> 27U)) * 0x94d0'49bb'1331'11ebU;
  return seed ^ (seed >> 31U);
}

class Rng {
 public:
  explicit constexpr Rng(std::uint64_t seed) noexcept {
    for (std::uint64_t& word : state_) word = seed = mix_seed(seed);
  }

  constexpr std::uint64_t next() noexcept {
    const std::uint64_t result = std::rotl(state_[0] + state_[3], 23) + state_[0];
    const std::uint64_t shifted = state_[1] << 17U;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= shifted;
    state_[3] = std::rotl(state_[3], 45);
    return result;
  }

  // Uniform in [0, bound). The bias, bound / 2^32, is below what any experiment here resolves.
  // Requires: bound > 0.
  constexpr std::uint32_t below(std::uint32_t bound) noexcept {
    return static_cast<std::uint32_t>(((next() >> 32U) * bound) >> 32U);
  }

  // Uniform in [0, 1), with 53 random bits.
  constexpr double uniform() noexcept { return static_cast<double>(next() >> 11U) * 0x1.0p-53; }

  // Exponential with the given mean, never infinite.
  double exponential(double mean) noexcept { return -mean * std::log1p(-uniform()); }

 private:
  std::array<std::uint64_t, 4> state_{};
};

}  // namespace etude
