#include "experiments/load/result.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "core/failure.h"
#include "experiments/load/steady_state.h"

namespace etude::load {
namespace {

constexpr double kBusiestThreadMax = 0.85;
constexpr double kErrorShareMax = 1e-4;
constexpr double kRateMissMax = 0.01;
constexpr double kLagShareMax = 0.1;

template <typename Count>
double ratio(Count a, Count b) noexcept {
  return b == 0 ? 0.0 : static_cast<double>(a) / static_cast<double>(b);
}

void judge_client(const LoadResult& result, Verdict& verdict) {
  const auto bound = [&verdict](std::string reason) {
    verdict.reasons.push_back(std::move(reason));
    verdict.status = Status::client_bound;
  };
  if (result.busiest_thread > kBusiestThreadMax) {
    bound(fmt::format("a client thread used {:.0f} % of a core (limit {:.0f} %)",
                      result.busiest_thread * 100, kBusiestThreadMax * 100));
  }
  if (!is_open_loop(result.options)) return;
  if (result.options.realtime && !result.realtime) {
    verdict.reasons.emplace_back("the machine refused --realtime: see ulimit -r, or run as root");
  }
  const Nanos lag_ns = result.tally.send_lag.quantile_ns(0.99);
  const Nanos latency_ns = result.tally.lat_intended.quantile_ns(0.99);
  if (static_cast<double>(lag_ns) > kLagShareMax * static_cast<double>(latency_ns)) {
    bound(fmt::format("sends lagged: p99 {} ns in a p99 latency of {} ns", lag_ns, latency_ns));
  }
}

// An open loop whose connections were all taken, or that missed its rate though its client was on
// time: the server's doing, which its latencies hold. It is said, and disqualifies nothing.
void note_population(const LoadResult& result, Verdict& verdict) {
  if (!is_open_loop(result.options)) return;
  if (const Histogram& waits = result.tally.population_wait; waits.count() > 0) {
    verdict.reasons.push_back(
        fmt::format("{} requests waited for a free connection, p99 {} ns; the latency from the "
                    "intended send holds it",
                    waits.count(), waits.quantile_ns(0.99)));
  }
  const double achieved = throughput_rps(result) / result.options.rate_rps;
  // Three standard deviations of a count: a short Poisson run may miss its mean by chance.
  const double noise = 3 / std::sqrt(static_cast<double>(result.tally.requests) + 1);
  if (std::abs(achieved - 1) > std::max(kRateMissMax, noise)) {
    verdict.reasons.push_back(fmt::format("achieved {:.1f} % of the target rate", achieved * 100));
  }
}

void judge_errors(const LoadResult& result, Verdict& verdict) {
  const std::uint64_t errors = error_count(result.tally);
  if (errors > 0) {
    verdict.reasons.push_back(
        fmt::format("{} errors; the first: {}", errors, result.tally.first_fault));
    const bool many = ratio(errors, result.tally.requests + errors) > kErrorShareMax;
    if (many) verdict.status = Status::errors;
  }
  const std::uint64_t redirects = result.tally.answers_by_class[3];
  if (redirects > 0 && result.options.expect_statuses.empty()) {
    verdict.reasons.push_back(
        fmt::format("{} of {} answers were 3xx, no page but a way to one; --expect-status 200 "
                    "counts them as errors",
                    redirects, result.tally.requests));
  }
  if (result.connections_open < result.options.connections) {
    verdict.reasons.push_back(fmt::format("{} of {} connections were open at the end",
                                          result.connections_open, result.options.connections));
    verdict.status = Status::errors;
  }
  if (result.tally.requests == 0) {
    verdict.reasons.push_back(fmt::format("no response came within the measured time"));
    verdict.status = Status::errors;
  }
}

}  // namespace

std::string_view name_of(Status status) noexcept {
  switch (status) {
    case Status::ok:
      return "ok";
    case Status::client_bound:
      return "client_bound";
    case Status::nonstationary:
      return "nonstationary";
    case Status::errors:
      return "errors";
  }
  fail("a status has a name");
}

double throughput_rps(const LoadResult& result) noexcept {
  return static_cast<double>(result.tally.requests) /
         (static_cast<double>(result.options.duration_ns) / 1e9);
}

double inflight_mean(const LoadResult& result) noexcept {
  return static_cast<double>(result.tally.inflight_ns) /
         static_cast<double>(result.options.duration_ns);
}

std::uint64_t error_count(const Tally& tally) noexcept {
  return std::accumulate(tally.faults.begin(), tally.faults.end(), std::uint64_t{0});
}

double little_error(const LoadResult& result) noexcept {
  const double in_flight = inflight_mean(result);
  if (in_flight == 0) return 0;
  const double expected = throughput_rps(result) * result.tally.lat_req.mean_ns() / 1e9;
  return std::abs(expected - in_flight) / in_flight;
}

double idle_share(const Tally& tally) noexcept {
  return tally.open_ns == 0 ? 0 : 1 - ratio(tally.busy_ns, tally.open_ns);
}

double jain_index(const std::vector<std::uint64_t>& shares) noexcept {
  double sum = 0;
  double squares = 0;
  for (const std::uint64_t share : shares) {
    sum += static_cast<double>(share);
    squares += static_cast<double>(share) * static_cast<double>(share);
  }
  return squares == 0 ? 0 : sum * sum / (static_cast<double>(shares.size()) * squares);
}

Verdict judge(const LoadResult& result) {
  Verdict verdict;
  for (std::string& reason : unsteady_reasons(result.tally.windows, result.options.duration_ns)) {
    verdict.reasons.push_back(std::move(reason));
    verdict.status = Status::nonstationary;
  }
  judge_client(result, verdict);
  note_population(result, verdict);
  judge_errors(result, verdict);
  return verdict;
}

}  // namespace etude::load
