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

// Names go into columns, legends and file names. A reader of CSV may take some words for values.
bool is_plain_name(std::string_view name) noexcept {
  constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyz";
  constexpr std::string_view kAll = "abcdefghijklmnopqrstuvwxyz0123456789-";
  constexpr std::string_view kValues[] = {"null", "none",  "na",  "nan", "inf", "infinity",
                                          "true", "false", "yes", "no",  "n-a"};
  constexpr std::size_t kBytesMax = 40;
  return name.size() <= kBytesMax && kLetters.find(name.front()) != std::string_view::npos &&
         name.find_first_not_of(kAll) == std::string_view::npos &&
         std::ranges::find(kValues, name) == std::ranges::end(kValues);
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
  if (!is_plain_name(row.name)) {
    throw Error(subject, "calls itself \"" + std::string(row.name) + "\", which is no plain name",
                "use a to z, 0 to 9 and - from a letter on, at most 40, and no word such as null");
  }
  // Results are told apart by name.
  if (std::ranges::count(all_schedulers(), row.name, &SchedulerEntry::name) != 0) {
    throw Error(subject, "calls itself " + std::string(row.name) + ", which is built in",
                "give it a name of its own");
  }
  return row;
}

}  // namespace etude
