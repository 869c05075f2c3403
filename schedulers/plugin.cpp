#include "schedulers/plugin.h"

#include <dlfcn.h>

#include <algorithm>

#include "core/failure.h"

namespace etude {
namespace {

constexpr std::string_view kRemedy = "compile it as schedulers/README.md shows";

// What the last call of the loader had to say, without the path that the subject names already.
std::string loader_complaint(const std::string& path) {
  const char* const said = dlerror();
  const std::string text = said == nullptr ? "no reason given" : said;
  return text.starts_with(path + ": ") ? text.substr(path.size() + 2) : text;
}

}  // namespace

SchedulerEntry load_scheduler(const std::string& path) {
  const std::string subject = "scheduler " + path;
  // All symbols now: a missing one is a line here, and not a crash in the middle of a run.
  void* const object = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (object == nullptr) {
    throw Error(subject, "cannot be loaded: " + loader_complaint(path), kRemedy);
  }
  void* const symbol = dlsym(object, kSchedulerPluginMaker);
  if (symbol == nullptr) {
    throw Error(subject, "exports no function " + std::string(kSchedulerPluginMaker), kRemedy);
  }
  const SchedulerPlugin* const plugin = reinterpret_cast<SchedulerPluginMaker*>(symbol)();
  if (plugin == nullptr) throw Error(subject, "hands out no scheduler", kRemedy);
  if (plugin->interface_version != kSchedulerInterface) {
    throw Error(subject,
                "has interface version " + std::to_string(plugin->interface_version) +
                    ", and this program " + std::to_string(kSchedulerInterface),
                "compile it again, against this program's headers");
  }
  const SchedulerEntry& row = plugin->row;
  if (row.name.empty() || row.build == nullptr) {
    throw Error(subject, "its row lacks a name or a build function", kRemedy);
  }
  // Results are told apart by name.
  if (std::ranges::count(all_schedulers(), row.name, &SchedulerEntry::name) != 0) {
    throw Error(subject, "calls itself " + std::string(row.name) + ", which is built in",
                "give it a name of its own");
  }
  return row;
}

}  // namespace etude
