#include "experiments/explorer/explore.h"

#include <algorithm>

#include "core/random.h"
#include "experiments/explorer/strategies.h"

namespace etude::explorer {
namespace {

constexpr std::uint64_t kProgressEvery = 4'096;

Crew::MakeScheduler maker(const Subject& subject) {
  return [&subject](const CrewPlan& plan) {
    return subject.scheduler.make(
        {.workers = plan.workers,
         .tasks_max = static_cast<std::uint32_t>(std::max<std::size_t>(plan.tasks.size(), 1)),
         .seed = plan.seed,
         .threads_per_core = plan.threads_per_core,
         .set = subject.set});
  };
}

CrewPlan plan_for(const ExploreConfig& config, std::uint64_t seed) {
  CrewPlan plan = random_plan(config.workers, config.tasks_max, seed);
  plan.threads_per_core = config.threads_per_core;
  plan.wake_policy = config.wake_policy;
  return plan;
}

// Counts the schedule, and keeps it if it went wrong. True: go on.
bool count(Exploration& result, const Outcome& outcome, const Crew& crew, std::uint64_t seed,
           const std::function<void(std::uint64_t)>& progress) {
  result.steps += outcome.steps;
  const std::uint64_t schedule = result.schedules++;
  if (progress && result.schedules % kProgressEvery == 0) progress(result.schedules);
  if (outcome.failure.empty()) return true;
  result.finding = Finding{.failure = outcome.failure,
                           .seed = seed,
                           .schedule = schedule,
                           .plan = crew.plan(),
                           .choices = outcome.choices};
  return false;
}

}  // namespace

Exploration explore(const Subject& subject, const ExploreConfig& config,
                    const std::function<void(std::uint64_t)>& progress) {
  Machine machine(subject.memory);
  Crew crew(maker(subject));
  Exploration result;
  if (config.search == Search::exhaustive) {
    crew.set_plan(plan_for(config, mix_seed(config.seed)));
    BoundedSearch search(config.preemptions_max);
    while (result.schedules < config.schedules_max) {
      result.complete = !search.next_schedule();
      if (result.complete) break;
      if (!count(result, machine.run(crew, search), crew, config.seed, progress)) break;
    }
    return result;
  }
  RandomPriorities priorities;
  while (result.schedules < config.schedules_max) {
    const std::uint64_t seed = mix_seed(config.seed) + result.schedules;
    crew.set_plan(plan_for(config, mix_seed(seed)));
    priorities.start(mix_seed(~seed));
    if (!count(result, machine.run(crew, priorities), crew, config.seed, progress)) break;
  }
  return result;
}

std::string replay(const Subject& subject, const Finding& finding) {
  Machine machine(subject.memory);
  Crew crew(maker(subject));
  crew.set_plan(finding.plan);
  Repeat repeat(finding.choices);
  return machine.run(crew, repeat).failure;
}

}  // namespace etude::explorer
