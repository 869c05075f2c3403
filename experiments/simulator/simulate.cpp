#include "experiments/simulator/simulate.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "core/failure.h"
#include "experiments/simulator/charges.h"
#include "experiments/simulator/client.h"
#include "experiments/simulator/cores.h"
#include "experiments/simulator/server.h"
#include "experiments/simulator/world.h"

namespace etude::sim {
namespace {

// How long the requests of the measured time are waited for after it, as by the real client.
constexpr Nanos kDrainMax_ns = 10 * kSecond;
constexpr std::uint64_t kProgressEvery = 1U << 16U;
// So many events at one moment are a model in which everything takes no time at all.
constexpr std::uint64_t kEventsAtOnceMax = 1U << 28U;

void check(const Model& model) {
  require(model.make_scheduler != nullptr, "a model has a scheduler");
  require(model.cores > 0, "a model has a core");
  require(model.threads_per_core > 0, "a core has a thread");
  require(model.cores * model.threads_per_core <= Parking<std::atomic>::kWorkersMax,
          "at most 1,024 workers");
  require(model.numa_nodes == 1 || model.numa_nodes == 2, "one NUMA node, or two");
  require(model.connections > 0, "a model has a connection");
  require(model.pipeline > 0, "a connection may have a request");
  require(!model.routes.empty(), "a model has a route");
  require(model.duration_ns > 0, "something is measured");
  require(model.warmup_ns >= 0, "a warm-up is no negative time");
}

bool shares_cores(const Model& model) noexcept {
  return model.threads_per_core > 1 || (model.client.threads > 0 && model.client.shares_cores);
}

load::LoadOptions options_of(const Model& model) {
  load::LoadOptions options;
  options.threads = std::max(1U, model.client.threads);
  options.connections = model.connections;
  options.pipeline = model.pipeline;
  options.mode = model.arrivals.windowed ? load::Mode::window : load::Mode::batch;
  switch (model.arrivals.kind) {
    case Arrivals::Kind::closed:
      options.arrival = load::Arrival::closed;
      break;
    case Arrivals::Kind::fixed:
    case Arrivals::Kind::trace:
      options.arrival = load::Arrival::fixed;
      break;
    case Arrivals::Kind::poisson:
    case Arrivals::Kind::on_off:
      options.arrival = load::Arrival::poisson;
      break;
  }
  for (const Route& route : model.routes) {
    if (model.routes.size() > 1) options.mix.push_back({.weight = route.weight, .path = {}});
  }
  options.beside_connections = model.beside.connections;
  options.warmup_ns = model.warmup_ns;
  options.seed = model.seed;
  return options;
}

class Simulation {
 public:
  explicit Simulation(const Model& model)
      : model_(model),
        world_(model),
        charges_(model),
        server_cores_(make_cores()),
        server_(world_, charges_, cores_of_server()),
        client_(world_, charges_, cores_of_client()) {}

  void run(const Progress& progress, Outcome& outcome);

 private:
  std::optional<Cores> make_cores();
  Cores* cores_of_server() noexcept { return server_cores_ ? &*server_cores_ : nullptr; }
  Cores* cores_of_client() noexcept {
    const bool shared = model_.client.threads > 0 && model_.client.shares_cores;
    return shared ? cores_of_server() : nullptr;
  }

  void handle(const Event& event);
  void thread_goes_on(std::uint32_t thread);
  void begin_measure();
  void end_measure();
  void after_answer();
  std::string overload_text() const;

  const Model& model_;
  World world_;
  Charges charges_;
  std::optional<Cores> server_cores_;
  Server server_;
  Client client_;
  bool over_ = false;
  bool drains_ = false;
};

std::optional<Cores> Simulation::make_cores() {
  if (!shares_cores(model_)) return std::nullopt;
  std::optional<Cores> cores;
  cores.emplace(world_, charges_, [this](std::uint32_t thread) { thread_goes_on(thread); });
  const std::uint32_t workers = model_.cores * model_.threads_per_core;
  for (std::uint32_t w = 0; w < workers; ++w) cores->add_pinned(w / model_.threads_per_core);
  return cores;
}

void Simulation::thread_goes_on(std::uint32_t thread) {
  const std::uint32_t workers = model_.cores * model_.threads_per_core;
  if (thread < workers) return server_.go_on(thread);
  client_.thread_goes_on(thread - workers);
}

void Simulation::run(const Progress& progress, Outcome& outcome) {
  outcome.load.options = options_of(model_);
  world_.at(world_.measure_start_ns, For::measure_start, 0);
  world_.at(world_.measure_end_ns, For::measure_end, 0);
  server_.start();
  client_.start();
  Nanos moment_ns = 0;
  std::uint64_t moment_began = 0;
  while (!over_) {
    if (++outcome.events % kProgressEvery == 0) {
      if (world_.now_ns() != moment_ns) moment_began = outcome.events;
      moment_ns = world_.now_ns();
      if (outcome.events - moment_began >= kEventsAtOnceMax) {
        outcome.load.failure = "time stands still: what the model does costs nothing";
        if (!drains_) end_measure();
        break;
      }
      if (client_.backlog() > kBacklogMax) {
        outcome.load.failure = overload_text();
        if (!drains_) end_measure();
        break;
      }
      const double share =
          static_cast<double>(moment_ns) / static_cast<double>(world_.measure_end_ns);
      if (progress && !progress(std::min(1.0, share))) {
        outcome.load.failure = "abandoned";
        if (!drains_) end_measure();
        break;
      }
    }
    handle(world_.events.take());
  }
  client_.report(outcome);
  server_.report(outcome);
  outcome.load.options.duration_ns = world_.measure_end_ns - world_.measure_start_ns;
  outcome.load.measure_start_ns = world_.measure_start_ns;
}

std::string Simulation::overload_text() const {
  const double past_s = static_cast<double>(world_.now_ns()) / 1e9;
  return fmt::format(
      "overloaded: of {:.6g} requests/s, {} wait for one of {} connections after {:.3g} s of "
      "virtual "
      "time; lower the rate",
      model_.arrivals.rate_rps, client_.backlog(), model_.connections, past_s);
}

void Simulation::handle(const Event& event) {
  switch (static_cast<For>(event.kind)) {
    case For::worker:
      return server_.go_on(event.id);
    case For::unblocked:
      return server_.unblock(event.id);
    case For::sleeper:
      return server_.wake_up(event.id);
    case For::alarm:
      return server_.alarm(event.id, event.value);
    case For::timer:
      return server_.sleep_is_over(event.id);
    case For::core:
      server_cores_->turn(event.id, event.value);
      return after_answer();  // a turn of the client's may have had one
    case For::request:
      if (server_.requests_arrive(event.id, event.value)) client_.pay_for_waking(event.id);
      return;
    case For::answer:
      if (client_.answers_arrive(event.id, event.value)) server_.pay_for_waking(event.id);
      return after_answer();
    case For::asker:
      return client_.has_thought(event.id);
    case For::arrival:
      return client_.arrival_is_due();
    case For::client_thread:
      client_.thread_goes_on(event.id);
      return after_answer();
    case For::client_sleeper:
      client_.thread_wakes(event.id);
      return after_answer();
    case For::measure_start:
      return begin_measure();
    case For::measure_end:
      if (!drains_) end_measure();
      return;
    case For::drain_end:
      over_ = true;
      return;
  }
  fail("an event is for one of the parts");
}

void Simulation::begin_measure() {
  world_.measuring = true;
  server_.begin_measure();
}

void Simulation::end_measure() {
  if (world_.now_ns() < world_.measure_end_ns) {  // earlier than planned
    world_.measure_end_ns = std::max(world_.now_ns(), world_.measure_start_ns + 1);
    client_.end_earlier();
  }
  world_.measuring = false;
  server_.end_measure();
  client_.stop();
  drains_ = true;
  over_ = !client_.owes_something();
  if (!over_) world_.at(world_.now_ns() + kDrainMax_ns, For::drain_end, 0);
}

void Simulation::after_answer() {
  if (drains_) {
    over_ = over_ || !client_.owes_something();
  } else if (model_.requests_max > 0 && client_.answered() >= model_.requests_max) {
    end_measure();
  }
}

}  // namespace

std::unique_ptr<Outcome> simulate(const Model& model, const Progress& progress) {
  check(model);
  auto outcome = std::make_unique<Outcome>();
  Simulation(model).run(progress, *outcome);
  return outcome;
}

}  // namespace etude::sim
