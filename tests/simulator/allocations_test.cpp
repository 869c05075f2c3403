// Goal: memory is for what is in flight and not for what has been: once a simulation has settled,
// it allocates nothing. Method: the same model for a short and for a long time; the long one may
// only allocate a little more, for queues that were at their longest later on.

#include <gtest/gtest.h>

#include "tests/simulator/models.h"
#include "tests/support/counting_new.h"

namespace etude::sim {
namespace {

std::uint64_t allocations_of(Model model, Nanos duration_ns) {
  model.duration_ns = duration_ns;
  const std::uint64_t before = allocations_so_far();
  const auto outcome = simulate(model);
  EXPECT_GT(outcome->events, static_cast<std::uint64_t>(duration_ns / 2'000));
  return allocations_so_far() - before;
}

void expect_no_more(const Model& model, std::string_view what) {
  const std::uint64_t brief = allocations_of(model, 50 * kMillisecond);
  const std::uint64_t lasting = allocations_of(model, 400 * kMillisecond);
  EXPECT_LE(lasting, brief + 24) << what;
}

TEST(Allocations, EndWhenASimulationHasSettled) {
  for (const SchedulerEntry& entry : all_schedulers()) {
    Model model = closed_loop(entry.name, 4, 256);
    model.pipeline = 4;
    model.arrivals.windowed = true;
    model.costs = some_costs();
    expect_no_more(model, entry.name);
    model.threads_per_core = 2;
    model.client = {.threads = 2, .shares_cores = true};
    expect_no_more(model, entry.name);
  }
  expect_no_more(open_loop("work-stealing", 4, 0.8), "open loop");
  Model forks = closed_loop("work-stealing", 4, 64);
  forks.routes[0].handler.forks = 8;
  forks.routes[0].handler.fork_service = exponential_ns(2'000);
  expect_no_more(forks, "forks");
}

}  // namespace
}  // namespace etude::sim
