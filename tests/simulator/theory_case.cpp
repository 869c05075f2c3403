#include "tests/simulator/theory_case.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "core/failure.h"
#include "core/random.h"
#include "experiments/simulator/closed_forms.h"
#include "schedulers/registry.h"

namespace etude::theory {
namespace {

// More than ever ask at once at the loads of these cases; a connection asks for one thing at a
// time.
constexpr std::uint32_t kOpenConnections = 4'096;

double number_from(const char* variable, double otherwise) {
  const char* const text = std::getenv(variable);
  return text == nullptr ? otherwise : std::strtod(text, nullptr);
}

// Cases share no randomness, or one unlucky draw would be many failures. FNV-1a.
std::uint64_t seed_of(const std::string& name) {
  std::uint64_t hash = 0xcbf2'9ce4'8422'2325U;
  for (const char letter : name) {
    hash = (hash ^ static_cast<unsigned char>(letter)) * 0x100'0000'01b3U;
  }
  return hash;
}

Interval interval_of(const std::vector<double>& readings, double beyond) {
  const auto n = static_cast<double>(readings.size());
  Interval interval;
  for (const double reading : readings) interval.mean += reading / n;
  double squares = 0;
  for (const double reading : readings) squares += std::pow(reading - interval.mean, 2);
  interval.deviation = std::sqrt(squares / (n - 1) / n);
  interval.half =
      student_t(static_cast<std::uint32_t>(readings.size() - 1), beyond) * interval.deviation;
  return interval;
}

sim::Model bare_model(std::string_view scheduler, std::uint32_t cores) {
  sim::Model model;
  set_scheduler(model, scheduler);
  model.cores = cores;
  model.delivery = sim::Delivery::direct;
  model.assignment.kind = sim::Assignment::Kind::each_request;
  return model;
}

}  // namespace

void set_scheduler(sim::Model& model, std::string_view name,
                   const std::map<std::string, std::string>& settings) {
  model.make_scheduler = [entry = find_scheduler(name)](const SchedulerConfig& config) {
    return entry.make(config);
  };
  model.scheduler_settings = settings;
}

Case open_case(const OpenLoad& load) {
  Case one{.name = std::string(load.scheduler),
           .model = bare_model(load.scheduler, load.cores),
           .requests = load.requests};
  const double rate_per_us = load.load * load.cores / load.service_us;
  one.model.connections = kOpenConnections;
  one.model.arrivals.kind = sim::Arrivals::Kind::poisson;
  one.model.arrivals.rate_rps = rate_per_us * 1e6;
  one.model.routes.resize(1);
  one.model.routes[0].handler.service = sim::parse_lengths(load.service);
  one.model.duration_ns = std::llround(static_cast<double>(load.requests) / rate_per_us * 1e3);
  // A tenth of it, during which it fills, is forgotten: hundreds of services at the least.
  one.model.warmup_ns = one.model.duration_ns / 10;
  return one;
}

Case closed_case(const ClosedLoad& load) {
  Case one{.name = std::string(load.scheduler), .model = bare_model(load.scheduler, load.cores)};
  one.model.connections = load.connections;
  one.model.arrivals.kind = sim::Arrivals::Kind::closed;
  one.model.arrivals.think = sim::parse_lengths(load.think);
  one.model.routes.resize(1);
  one.model.routes[0].handler.service =
      sim::parse_lengths("exp:" + std::to_string(load.service_us));
  one.model.duration_ns = std::llround(load.seconds * 1e9);
  one.model.warmup_ns = one.model.duration_ns / 10;
  return one;
}

double read_sojourn(const sim::Outcome& outcome) {
  return outcome.load.tally.lat_intended.mean_ns() / 1e3;
}
double read_sojourn_p99(const sim::Outcome& outcome) {
  return static_cast<double>(outcome.load.tally.lat_intended.quantile_ns(0.99)) / 1e3;
}
double read_closed_sojourn(const sim::Outcome& outcome) {
  return outcome.load.tally.lat_req.mean_ns() / 1e3;
}
double read_closed_rate(const sim::Outcome& outcome) {
  return load::throughput_rps(outcome.load) / 1e6;
}
double read_waited(const sim::Outcome& outcome) {
  std::uint64_t at_once = 0;
  outcome.sched_delay.for_each([&](Nanos, Nanos upper_ns, std::uint64_t count) {
    if (upper_ns == 0) at_once = count;
  });
  return 1 - static_cast<double>(at_once) / static_cast<double>(outcome.sched_delay.count());
}
double read_waiting(const sim::Outcome& outcome) { return outcome.queue_depth_mean; }

Answers replicate(const Case& one, std::size_t family) {
  const double share = length_share();
  const auto seed = static_cast<std::uint64_t>(number_from("ETUDE_THEORY_SEED", 1));
  sim::Model model = one.model;
  model.duration_ns = std::llround(static_cast<double>(model.duration_ns) * share);
  model.warmup_ns = std::llround(static_cast<double>(model.warmup_ns) * std::max(share, 0.2));
  Answers answers;
  std::vector<std::vector<double>> readings(one.questions.size());
  for (std::uint32_t replication = 0; replication < kReplications; ++replication) {
    model.seed = mix_seed(seed ^ seed_of(one.name)) + replication;
    const auto run = sim::simulate(model);
    const sim::Outcome& outcome = *run;
    if (outcome.idle_while_waiting_ns != 0) ++answers.idled;
    for (std::size_t q = 0; q < readings.size(); ++q) {
      readings[q].push_back(one.questions[q].read(outcome));
    }
  }
  for (const std::vector<double>& values : readings) {
    answers.intervals.push_back(interval_of(values, 0.05 / static_cast<double>(family)));
  }
  return answers;
}

bool agrees(const Interval& interval, const Question& question, double stretch) {
  const double low = question.answer(stretch);
  const double high = question.answer_high ? question.answer_high(stretch) : low;
  return low <= interval.mean + interval.half && high >= interval.mean - interval.half;
}

double length_share() {
  const double share = number_from("ETUDE_THEORY_SHARE", 1);
  require(share > 0, "ETUDE_THEORY_SHARE is a number above 0");
  return share;
}

}  // namespace etude::theory
