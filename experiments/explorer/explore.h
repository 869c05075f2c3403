// experiments/explorer/explore.h
//
// Runs a scheduler under many schedules and keeps the first that goes wrong, with all that it takes
// to repeat it.
//
// Threads: one.
// Errors:  what a schedule runs into is a Finding. A file that is none throws Error.

#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "experiments/explorer/crew.h"
#include "experiments/explorer/machine.h"
#include "schedulers/registry.h"

namespace etude::explorer {

// Which scheduler, and how it is driven: the same for all schedules.
struct Subject {
  SchedulerEntry scheduler;  // of explored_schedulers()
  Settings set = {};
  Memory memory = Memory::tso;
};

enum class Search : std::uint8_t {
  random,      // another plan and other choices for each schedule, by random priorities
  exhaustive,  // one plan, and all schedules within the bound on preemptions
};

struct ExploreConfig {
  Search search = Search::random;
  std::uint64_t schedules_max = 100'000;
  std::uint64_t seed = 1;  // of plans and choices
  std::uint32_t workers = 3;
  std::uint32_t threads_per_core = 1;
  std::uint32_t tasks_max = 6;
  std::uint32_t preemptions_max = 2;  // exhaustive search only
  WakePolicy wake_policy = WakePolicy::throttled;
};

struct Finding {
  std::string failure;
  std::uint64_t seed = 0;      // config.seed
  std::uint64_t schedule = 0;  // its number under that seed, from 0
  CrewPlan plan;
  std::vector<Agent> choices;
};

struct Exploration {
  std::uint64_t schedules = 0;
  std::uint64_t steps = 0;
  bool complete = false;  // an exhaustive search that came to its end
  std::optional<Finding> finding;
};

// `progress`, if any, is told the number of schedules now and then.
Exploration explore(const Subject& subject, const ExploreConfig& config,
                    const std::function<void(std::uint64_t)>& progress = {});

// The failure that the finding's choices lead to; empty: none.
std::string replay(const Subject& subject, const Finding& finding);

// The rows of the registry, over explorer::Atomic.
std::span<const SchedulerEntry> explored_schedulers();

}  // namespace etude::explorer
