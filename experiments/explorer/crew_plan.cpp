#include "core/random.h"
#include "experiments/explorer/crew.h"

namespace etude::explorer {

CrewPlan random_plan(std::uint32_t workers, std::uint32_t tasks_max, std::uint64_t seed) {
  Rng rng(seed);
  CrewPlan plan;
  plan.workers = workers;
  plan.submitters = 1 + rng.below(2);
  plan.search_rounds = 1 + rng.below(2);
  plan.seed = rng.next();
  const std::uint32_t count = 1 + rng.below(tasks_max);
  for (std::uint32_t number = 0; number < count; ++number) {
    TaskPlan task;
    // A third each, roughly: spawned by an earlier task, from an outside thread, by a socket.
    switch (number == 0 ? 1 + rng.below(2) : rng.below(3)) {
      case 0:
        task.parent = rng.below(number);
        break;
      case 1:
        task.submitter = rng.below(plan.submitters);
        break;
      default:
        task.home = rng.below(workers);
    }
    task.yields = rng.below(4) == 0 ? 1 : 0;
    task.holds = rng.below(3) == 0;
    plan.tasks.push_back(task);
  }
  return plan;
}

}  // namespace etude::explorer
