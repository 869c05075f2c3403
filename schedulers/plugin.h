// schedulers/plugin.h
//
// A scheduler from outside the tree: a shared object that hands out one row of the table, compiled
// against these headers. Whoever names a scheduler may give its path: --scheduler ./libmine.so
//
//     extern "C" const etude::SchedulerPlugin* etude_scheduler_plugin() {
//       static constexpr etude::SchedulerPlugin plugin{
//           .row = etude::scheduler_row<Mine, std::atomic>("mine", "what it does")};
//       return &plugin;
//     }
//
// Threads:   set-up only.
// Ownership: a loaded object stays until the process ends, so that its rows and its schedulers are
//            never without their code.
// Limits:    the object runs over std::atomic: for the schedule explorer, and for link-time
//            optimisation, a policy must be a row of the registry. Its code runs in this process
//            with all rights of it: load only what you trust.
// Errors:    load_scheduler() throws Error when the file is missing or no shared object, has no
//            maker function, was compiled against another interface, or calls itself by a name
//            that is taken or that a reader of CSV could take for something else (null, 1e5, a,b).

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "schedulers/registry.h"

namespace etude {

// Rises with every change to what the two sides share: core/scheduler.h, task.h, types.h,
// counters.h, and the row itself.
inline constexpr std::uint32_t kSchedulerInterface = 3;

// The changes that a compiler sees. Whoever comes past here raises the number above as well.
static_assert(sizeof(Task) == 8 && sizeof(Origin) == 16 && sizeof(Placement) == 16 &&
                  sizeof(Pick) == 16 && sizeof(SchedulerConfig) == 72 &&
                  sizeof(SchedulerCounters) == 128 && sizeof(Parameter) == 128 &&
                  sizeof(SchedulerEntry) == 88,
              "the interface changed: raise kSchedulerInterface, then put today's sizes here");

struct SchedulerPlugin {
  std::uint32_t interface_version = kSchedulerInterface;  // first for ever: it is read before all
  SchedulerEntry row;
};

// The one function that a shared object exports, extern "C".
using SchedulerPluginMaker = const SchedulerPlugin*();
inline constexpr const char* kSchedulerPluginMaker = "etude_scheduler_plugin";

// Whether a scheduler's name is meant as a file's: it has a slash in it.
inline bool is_plugin_path(std::string_view name) noexcept {
  return name.find('/') != std::string_view::npos;
}

SchedulerEntry load_scheduler(const std::string& path);

}  // namespace etude
