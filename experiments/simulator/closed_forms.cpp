#include "experiments/simulator/closed_forms.h"

#include <cmath>
#include <numbers>
#include <vector>

namespace etude::theory {
namespace {

// Where a falling function goes through zero between `low` and `high`. 100 halvings leave nothing
// of the range that a double could tell apart.
template <typename Falling>
double root_of(Falling&& falling, double low, double high) {
  for (int halving = 0; halving < 100; ++halving) {
    const double middle = (low + high) / 2;
    (falling(middle) > 0 ? low : high) = middle;
  }
  return (low + high) / 2;
}

// The share of |T| that is below t, for Student's T: a finite sum in the angle whose tangent is
// t / sqrt(degrees). Abramowitz and Stegun, 26.7.3 and 26.7.4.
double within_t(std::uint32_t degrees, double t) {
  const double angle = std::atan(t / std::sqrt(degrees));
  const double cosine = std::cos(angle);
  const bool odd = degrees % 2 == 1;
  double term = odd ? cosine : 1;
  double sum = degrees == 1 ? 0 : term;
  for (std::uint32_t k = odd ? 3 : 2; k + 2 <= degrees; k += 2) {
    term *= cosine * cosine * (k - 1) / k;
    sum += term;
  }
  return odd ? 2 / std::numbers::pi * (angle + std::sin(angle) * sum) : std::sin(angle) * sum;
}

}  // namespace

double wait_probability(const Mmc& queue) {
  const double offered = queue.load * queue.servers;
  double blocked = 1;  // Erlang B, by its recursion in the number of servers
  for (std::uint32_t servers = 1; servers <= queue.servers; ++servers) {
    blocked = offered * blocked / (servers + offered * blocked);
  }
  return blocked / (1 - queue.load * (1 - blocked));
}

double wait_mean(const Mmc& queue) {
  return wait_probability(queue) * queue.service / (queue.servers * (1 - queue.load));
}

double sojourn_mean(const Mmc& queue) { return wait_mean(queue) + queue.service; }

double waiting_mean(const Mmc& queue) {
  return wait_mean(queue) * queue.load * queue.servers / queue.service;  // Little's law
}

// Who waits does so for an exponential time of rate `drain`, per service; its own service follows.
double sojourn_tail(const Mmc& queue, double beyond) {
  const double waits = wait_probability(queue);
  const double drain = queue.servers * (1 - queue.load);
  const double t = beyond / queue.service;
  const double alone = std::exp(-t);
  const double after_wait = std::abs(drain - 1) < 1e-9
                                ? (1 + t) * alone
                                : (drain * alone - std::exp(-drain * t)) / (drain - 1);
  return (1 - waits) * alone + waits * after_wait;
}

double sojourn_quantile(const Mmc& queue, double share) {
  // No quantile is above that of one server at this load, whose sojourn is exponential.
  const double high = -std::log(1 - share) * queue.service / (1 - queue.load);
  return root_of([&](double t) { return sojourn_tail(queue, t) - (1 - share); }, 0, high);
}

double max_load(std::uint32_t servers, double share, double times) {
  const auto room = [&](double load) {
    return (1 - share) - sojourn_tail({.servers = servers, .load = load}, times);
  };
  return root_of(room, 0, 1);
}

double mg1_sojourn_mean(double load, double service, double scv) {
  return service + load * service * (1 + scv) / (2 * (1 - load));
}

// An arrival finds n customers with probability (1 - s) s^n, and s = exp(-(1 - s) / load).
double dm1_sojourn_mean(double load, double service) {
  const double s =
      root_of([&](double x) { return std::exp(-(1 - x) / load) - x; }, 0, 1 - (1 - load) / 2);
  return service / (1 - s);
}

double sharing_sojourn_mean(double load, double service) { return service / (1 - load); }

double longest_mean(std::uint32_t n, double mean) {
  double sum = 0;
  for (std::uint32_t k = 1; k <= n; ++k) sum += mean / k;
  return sum;
}

// A customer finds each queue as it is with one customer less (the arrival theorem). All queues are
// alike, so one stands for all.
ClosedResult closed_over_queues(const Closed& network, std::uint32_t queues) {
  ClosedResult result;
  double at_queue = 0;  // customers at one queue, on average
  for (std::uint32_t n = 1; n <= network.customers; ++n) {
    result.sojourn_mean = network.service * (1 + at_queue);
    result.throughput = n / (network.think + result.sojourn_mean);
    at_queue = result.throughput * result.sojourn_mean / queues;
  }
  return result;
}

// The same for a station that serves as many at once as it has servers: how many an arrival finds
// matters, and not only the mean.
ClosedResult closed_over_servers(const Closed& network, std::uint32_t servers) {
  ClosedResult result;
  std::vector<double> finds(network.customers + 1, 0.0);  // share of time with j at the station
  finds[0] = 1;
  const auto rate = [&](std::uint32_t j) { return std::min(j, servers) / network.service; };
  for (std::uint32_t n = 1; n <= network.customers; ++n) {
    result.sojourn_mean = 0;
    for (std::uint32_t j = 1; j <= n; ++j) result.sojourn_mean += j / rate(j) * finds[j - 1];
    result.throughput = n / (network.think + result.sojourn_mean);
    double busy = 0;
    for (std::uint32_t j = n; j >= 1; --j) {
      finds[j] = result.throughput / rate(j) * finds[j - 1];
      busy += finds[j];
    }
    finds[0] = 1 - busy;
  }
  return result;
}

double student_t(std::uint32_t degrees, double beyond) {
  // With one degree of freedom t is near 2 / (pi x beyond); with more it is less.
  const double high = 1 / beyond;
  return root_of([&](double t) { return (1 - beyond) - within_t(degrees, t); }, 0, high);
}

}  // namespace etude::theory
