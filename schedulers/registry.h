// schedulers/registry.h
//
// The list of schedulers, and the only place that knows them all by name. Command line, suites,
// tests, simulator and explorer find a policy by its row here.
//
// Threads: set-up only.
// Errors:  an unknown name, key or value throws Error, with what there is and the nearest of it.

#pragma once

#include <array>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "core/scheduler.h"
#include "schedulers/fifo.h"
#include "schedulers/hybrid.h"
#include "schedulers/parameter.h"
#include "schedulers/shared_queue.h"
#include "schedulers/work_stealing.h"

namespace etude {

using Settings = std::map<std::string, std::string>;  // SchedulerConfig::set

struct SchedulerEntry {
  std::string_view name;
  std::string_view help;
  std::span<const Parameter> parameters;
  std::unique_ptr<Scheduler> (*build)(const SchedulerConfig& config);  // checks nothing
  // What an alias sets unless the user does; empty for a row of the table.
  std::string_view preset_key = {};
  std::string_view preset_value = {};

  // Checks config.set against `parameters`, and builds.
  std::unique_ptr<Scheduler> make(const SchedulerConfig& config) const;
};

// A row of the table: a policy, built over the given atomics.
template <template <template <typename> class> class Policy, template <typename> class Atomic>
constexpr SchedulerEntry scheduler_row(std::string_view name, std::string_view help) {
  return {.name = name,
          .help = help,
          .parameters = Policy<Atomic>::kParameters,
          .build = [](const SchedulerConfig& config) -> std::unique_ptr<Scheduler> {
            return std::make_unique<Policy<Atomic>>(config);
          }};
}

// In the order in which tables and plots list them. Over std::atomic: all_schedulers(). A schedule
// explorer takes the same rows over its own atomics.
template <template <typename> class Atomic>
inline constexpr auto kSchedulers = std::to_array<SchedulerEntry>({
    scheduler_row<Fifo, Atomic>("fifo", "a queue per worker, never shared"),
    scheduler_row<WorkStealing, Atomic>("work-stealing", "a deque per worker; the idle steal"),
    scheduler_row<Hybrid, Atomic>("hybrid", "private while calm, shared when a peer is hungry"),
    scheduler_row<SharedQueue, Atomic>("shared-queue", "one central queue for all workers"),
});

std::span<const SchedulerEntry> all_schedulers();

struct SchedulerAlias {
  std::string_view alias;
  std::string_view name;
  std::string_view preset_key;
  std::string_view preset_value;
};
std::span<const SchedulerAlias> scheduler_aliases();

// The row of that name or alias, or of the shared object at that path (schedulers/plugin.h).
SchedulerEntry find_scheduler(std::string_view name,
                              std::span<const SchedulerEntry> table = all_schedulers());

// Throws unless each key is a parameter of the entry, and each value one that it may have.
void check_settings(const SchedulerEntry& entry, const Settings& set);

// All parameters with their values in effect, for a line or a column: "order=fifo steal=half
// domain=all"; "" if the policy has none. Checks `set` as well.
std::string effective_parameters(const SchedulerEntry& entry, const Settings& set);

}  // namespace etude
