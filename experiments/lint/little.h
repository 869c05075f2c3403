// experiments/lint/little.h
//
// Little's law on published numbers: how many requests must have been in flight, and whether that
// many fit the connections. What a table calls "latency" is rarely said, so each row is judged for
// every meaning in use. It does not say which meaning an author had, only what each would imply.
//
// Threads: any; pure functions on values.
// Limits:  closed loops, in which a connection holds at most `pipeline` requests.
// Source:  Little, Operations Research 9(3), 1961 (doi 10.1287/opre.9.3.383): L = X R holds for
//          means, whatever the distribution and the scheduler.

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace etude::lint {

// One row as published.
struct PublishedRow {
  std::size_t line = 0;  // in its file, from 1
  std::string series;    // rows of one series are one curve
  std::int64_t connections = 0;
  std::int64_t pipeline = 1;
  double throughput_rps = 0;
  double latency_ms = 0;
  std::optional<double> requests_in_flight;  // as measured by somebody, not computed
};

// Rounding of published figures, as the harness's own gate allows it.
inline constexpr double kTolerance = 0.02;

// One meaning of "latency". `busy_least`: connections that were busy at every moment, on average;
// above `connections` the row cannot have been seen.
struct Reading {
  bool possible = true;
  double busy_least = 0;
  std::string why_not;  // "" when possible
};

struct RowCheck {
  double in_flight = 0;      // X R, in requests
  double in_flight_max = 0;  // connections x pipeline
  Reading request;           // mean over requests, from the send of each to its last byte
  Reading batch;             // mean over batches, first send to last byte: what wrk records
  Reading median;            // half of them lasted at least this: the mean is at least half of it
  // wrk prints the batch's mean after a correction that adds, for each long batch, shorter ones at
  // intervals of N / X, `pipeline` times too short. Such a mean has no upper bound, but needs
  // batch times with at least this coefficient of variation (about: the correction is in steps).
  double wrk_printed_cv_least = 0;
};
RowCheck check_row(const PublishedRow& row);

// Between the row with the fewest connections of a series and a later one, as factors:
// latency = population x throughput x busy_share.
struct Growth {
  std::size_t from = 0;  // indices into the rows
  std::size_t to = 0;
  double latency = 1;
  double population = 1;  // N / N0: the growth that more connections force by themselves
  double throughput = 1;  // X0 / X
  double busy_share = 1;  // what is left: below 1, a smaller share of the connections was busy
};
std::vector<Growth> growth_of(const std::vector<PublishedRow>& rows);

}  // namespace etude::lint
