#include "experiments/lint/little.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace etude::lint {
namespace {

bool above(double value, double limit) { return value > limit * (1 + kTolerance); }

// What `busy` connections on average, or more, would need.
Reading reading_of(double busy, const PublishedRow& row) {
  Reading reading{.possible = true, .busy_least = busy, .why_not = {}};
  const auto connections = static_cast<double>(row.connections);
  if (above(busy, connections)) {
    reading.possible = false;
    reading.why_not =
        fmt::format("{:.0f} connections must have been busy, of {}", busy, row.connections);
  }
  return reading;
}

void refuse(Reading& reading, std::string why_not) {
  if (!reading.possible) return;  // one reason is enough
  reading.possible = false;
  reading.why_not = std::move(why_not);
}

// With the requests in flight known there is more to contradict.
void check_measured(const PublishedRow& row, double measured, RowCheck& check) {
  if (above(measured, check.in_flight_max)) {
    for (Reading* reading : {&check.request, &check.batch, &check.median}) {
      refuse(*reading, fmt::format("{:.0f} requests in flight are more than {} connections hold",
                                   measured, row.connections));
    }
  }
  if (above(check.in_flight, measured) || above(measured, check.in_flight)) {
    refuse(check.request, fmt::format("its throughput and latency make {:.0f} requests in flight, "
                                      "it names {:.0f}",
                                      check.in_flight, measured));
  }
  // A busy connection holds between one request and a whole batch.
  const double busy = check.batch.busy_least;
  if (above(busy, measured) || above(measured, check.in_flight)) {
    refuse(check.batch, fmt::format("{:.0f} busy connections hold no {:.0f} requests in flight",
                                    busy, measured));
  }
  if (above(check.in_flight / 2, measured)) {
    refuse(check.median, fmt::format("at least {:.0f} requests in flight, it names {:.0f}",
                                     check.in_flight / 2, measured));
  }
}

}  // namespace

RowCheck check_row(const PublishedRow& row) {
  const double latency_s = row.latency_ms * 1e-3;
  const auto pipeline = static_cast<double>(row.pipeline);
  RowCheck check;
  check.in_flight = row.throughput_rps * latency_s;
  check.in_flight_max = static_cast<double>(row.connections) * pipeline;
  // One request: L = X R in flight, at most `pipeline` of them on a connection. A whole batch:
  // X / pipeline batches per second, each on a connection of its own. The same number; the first
  // is a lower bound, the second exact.
  check.request = reading_of(check.in_flight / pipeline, row);
  check.batch = reading_of(check.in_flight / pipeline, row);
  check.median = reading_of(check.in_flight / 2 / pipeline, row);
  if (row.requests_in_flight) check_measured(row, *row.requests_in_flight, check);

  // wrk's printed mean is about E[b^2] / 2 E[b] + e, with b a batch's time and e = N / X; and
  // E[b] is at most pipeline x e, all connections busy.
  const double interval_s = static_cast<double>(row.connections) / row.throughput_rps;
  const double variance = 2 * (latency_s - interval_s) / (pipeline * interval_s) - 1;
  check.wrk_printed_cv_least = std::sqrt(std::max(variance, 0.0));
  return check;
}

std::vector<Growth> growth_of(const std::vector<PublishedRow>& rows) {
  std::vector<Growth> growths;
  for (std::size_t to = 0; to < rows.size(); ++to) {
    std::size_t from = to;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const bool same = rows[i].series == rows[to].series && rows[i].pipeline == rows[to].pipeline;
      if (same && rows[i].connections < rows[from].connections) from = i;
    }
    if (from == to) continue;
    const PublishedRow& before = rows[from];
    const PublishedRow& after = rows[to];
    Growth growth{.from = from, .to = to};
    growth.latency = after.latency_ms / before.latency_ms;
    growth.population =
        static_cast<double>(after.connections) / static_cast<double>(before.connections);
    growth.throughput = before.throughput_rps / after.throughput_rps;
    growth.busy_share = growth.latency / (growth.population * growth.throughput);
    growths.push_back(growth);
  }
  return growths;
}

}  // namespace etude::lint
