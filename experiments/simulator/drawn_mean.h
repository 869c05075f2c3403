// experiments/simulator/drawn_mean.h
//
// The mean of the lengths that a model draws from a named distribution. Draws are cut at
// kDrawMax_us (core/distribution.h) and rounded to the clock's grid of 1 ns; so their mean is not
// the distribution's own where the tail is heavy or the mean is of a few nanoseconds.
//
// Threads: any; pure functions.
// Errors:  check_drawn() throws Error that names the distribution, what is lost and what works.

#pragma once

#include <string>

#include "core/distribution.h"

namespace etude::sim {

// Requires: is_valid(distribution).
double drawn_mean_ns(const Distribution& distribution) noexcept;

// Mean of the squares of draws, cut at kDrawMax_us.
double drawn_square_ns2(const Distribution& distribution) noexcept;

// Refuses a distribution whose drawn mean is more than 1 % off its own, and one that only ever
// draws 0 (fixed:0 excepted, which says so). `text`: as the user wrote it.
void check_drawn(const Distribution& distribution, const std::string& text);

}  // namespace etude::sim
