// core/distribution.h
//
// Lengths of time drawn from a named distribution: service times of requests, think times of
// clients. As text, in microseconds:
//
//   fixed:5    exp:5    uniform:1,9    bimodal:5,500,0.005    hyperexp:5,500,0.005
//   lognormal:5,1    pareto:5,1.5
//
// exponential, lognormal (sigma) and pareto (alpha) by their mean; uniform by its ends; bimodal by
// the short one, the long one and the share of long ones; hyperexponential by the same three, each
// of the two being exponential with that mean.
//
// Threads: any; a generator belongs to one.
// Limits:  a draw is cut at kDrawMax_us, one second.
// Errors:  text that names no distribution, or a value out of its range, is an outcome.

#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "core/random.h"

namespace etude {

inline constexpr double kDrawMax_us = 1e6;

struct Distribution {
  enum class Kind : std::uint8_t {
    fixed,
    exponential,
    bimodal,
    lognormal,
    pareto,
    uniform,
    hyperexponential,
  };

  Kind kind = Kind::fixed;
  double mean_us = 0;  // of bimodal and hyperexponential: the short one; of uniform: the lower end
  double long_us = 500;
  double long_share = 0.005;
  double sigma = 1;
  double alpha = 1.5;
  double max_us = 0;  // of uniform
};

// Whether every value is within its range.
bool is_valid(const Distribution& distribution) noexcept;

std::optional<Distribution> parse_distribution(std::string_view text) noexcept;

double draw_us(const Distribution& distribution, Rng& rng) noexcept;

// Of what is drawn, as if no draw were cut.
double mean_us(const Distribution& distribution) noexcept;

}  // namespace etude
