// Negative controls: errors put into the model, which the comparison has to see. A test that agrees
// with everything would agree with theory, too.

#include <gtest/gtest.h>

#include "experiments/simulator/closed_forms.h"
#include "tests/simulator/theory_case.h"

namespace etude::theory {
namespace {

constexpr std::size_t kFamily = 100;  // as strict as the tests of theory are, and a little more

OpenLoad four(std::string_view scheduler) {
  return {.scheduler = scheduler, .cores = 4, .load = 0.7, .requests = 50'000};
}

Question mean_sojourn(const OpenLoad& load) {
  return {"mean sojourn", read_sojourn, [=](double s) {
            return sojourn_mean(
                {.servers = load.cores, .load = load.load * s, .service = load.service_us * s});
          }};
}

// How the model answers theory's question, after `plant` changed it.
template <typename Plant>
Answers planted(const OpenLoad& load, Plant&& plant) {
  Case one = open_case(load);
  one.questions = {mean_sojourn(load)};
  plant(one.model);
  return replicate(one, kFamily);
}

TEST(TheoryPower, AServiceOfThreePercentMoreIsSeen) {
  if (length_share() < 1) GTEST_SKIP() << "too short for it";
  const OpenLoad load = four("shared-queue");
  const Answers answers = planted(load, [](sim::Model& model) {
    model.routes[0].handler.service = sim::parse_lengths("exp:10.3");
  });
  EXPECT_FALSE(agrees(answers.intervals[0], mean_sojourn(load), 1));
  EXPECT_TRUE(agrees(answers.intervals[0], mean_sojourn(load), kPlanted));
}

TEST(TheoryPower, AMicrosecondLostAtEachStealIsSeen) {
  if (length_share() < 1) GTEST_SKIP() << "too short for it";
  const OpenLoad load = four("work-stealing");
  const Answers answers =
      planted(load, [](sim::Model& model) { model.costs.steal_success_ns = 1'000; });
  EXPECT_FALSE(agrees(answers.intervals[0], mean_sojourn(load), 1));
}

TEST(TheoryPower, AQueueForEachWorkerIsNotTakenForOneQueue) {
  const OpenLoad load = four("fifo");
  const Answers answers = planted(load, [](sim::Model&) {});
  EXPECT_FALSE(agrees(answers.intervals[0], mean_sojourn(load), 1));
}

TEST(TheoryPower, ASlowWakeUpIsWorkThatWaitsBesideAnIdleWorker) {
  const OpenLoad load = four("shared-queue");
  const Answers answers =
      planted(load, [](sim::Model& model) { model.costs.wake_latency_ns = 500; });
  EXPECT_EQ(answers.idled, kReplications);
  EXPECT_FALSE(length_share() == 1 && agrees(answers.intervals[0], mean_sojourn(load), 1));
}

}  // namespace
}  // namespace etude::theory
