// experiments/simulator/closed_forms.h
//
// What queueing theory says of the models that the simulator is checked against, and that `etude
// sim` prints beside them. Exact results only: no bound, no approximation, nothing fitted.
//
// A load is the share of the servers' time that arrivals ask for: arrival rate x mean service /
// servers. Times come back in the unit in which `service` is given.
//
// Threads: any; functions of their arguments.
// Limits:  0 < load < 1, at least one server and one customer. Up to some hundred servers and
//          customers: the recursions are plain, and linear or quadratic.
// Source:  Kleinrock, Queueing Systems 1 (1975) and 2 (1976); exact mean value analysis: Reiser and
//          Lavenberg, JACM 27 (1980), doi 10.1145/322186.322195.
//          tests/simulator/closed_forms_test.cpp holds each against values that were computed in
//          another way.

#pragma once

#include <cstdint>

namespace etude::theory {

// M/M/c: Poisson arrivals, exponential service, c servers, one queue in order of arrival.
struct Mmc {
  std::uint32_t servers = 1;
  double load = 0.5;
  double service = 1;  // mean
};

double wait_probability(const Mmc& queue);  // Erlang C
double wait_mean(const Mmc& queue);
double sojourn_mean(const Mmc& queue);
double waiting_mean(const Mmc& queue);                    // how many wait, on average
double sojourn_tail(const Mmc& queue, double beyond);     // share of sojourns longer than that
double sojourn_quantile(const Mmc& queue, double share);  // 0 < share < 1

// The highest load at which the `share` quantile of sojourns is at most `times` mean services.
double max_load(std::uint32_t servers, double share, double times);

// M/G/1 in order of arrival (Pollaczek and Khinchine). `scv`: variance of the service over its
// squared mean: 0 fixed (M/D/1), 1 exponential.
double mg1_sojourn_mean(double load, double service, double scv);

// D/M/1: an arrival every so often, exponential service.
double dm1_sojourn_mean(double load, double service);

// M/G/1 under processor sharing, whatever the distribution.
double sharing_sojourn_mean(double load, double service);

// The longest of n exponential times.
double longest_mean(std::uint32_t n, double mean);

// A closed network: each of `customers` thinks, then asks for one exponential service and waits for
// its end.
struct Closed {
  std::uint32_t customers = 1;
  double think = 0;    // mean
  double service = 1;  // mean
};
struct ClosedResult {
  double throughput = 0;  // per unit of time
  double sojourn_mean = 0;
};
// At one of `queues` single servers, each as likely as another each time.
ClosedResult closed_over_queues(const Closed& network, std::uint32_t queues);
// At one queue before `servers`.
ClosedResult closed_over_servers(const Closed& network, std::uint32_t servers);

// Student's t: the value that the absolute one exceeds with this probability. Requires: degrees of
// freedom >= 1, 0 < beyond < 1.
double student_t(std::uint32_t degrees, double beyond);

}  // namespace etude::theory
