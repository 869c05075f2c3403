#include "schedulers/registry.h"

#include <algorithm>
#include <atomic>
#include <charconv>
#include <numeric>
#include <utility>
#include <vector>

#include "core/failure.h"
#include "schedulers/plugin.h"

namespace etude {
namespace {

constexpr SchedulerAlias kAliases[] = {
    {"current_thread", "fifo", "", ""},
    {"multithread", "work-stealing", "domain", "core"},
};

// How many letters to insert, drop or replace to get from one to the other (Levenshtein).
std::size_t edit_distance(std::string_view from, std::string_view to) {
  std::vector<std::size_t> row(to.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < from.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i + 1);
    for (std::size_t j = 0; j < to.size(); ++j) {
      const std::size_t replaced = diagonal + (from[i] == to[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row.back();
}

std::string quoted(std::string_view text) { return "'" + std::string(text) + "'"; }

std::string joined(const std::vector<std::string_view>& words, std::string_view separator) {
  std::string text;
  for (const std::string_view word : words) {
    if (!text.empty()) text += separator;
    text += word;
  }
  return text;
}

// "did you mean fifo? there are fifo, hybrid": the remedy for a word that is none of `words`.
std::string remedy(std::string_view wrong, const std::vector<std::string_view>& words) {
  if (words.empty()) return "it has none";
  const auto nearest = std::ranges::min_element(
      words, {}, [&](std::string_view word) { return edit_distance(wrong, word); });
  const std::string list = (words.size() == 1 ? "there is " : "there are ") + joined(words, ", ");
  if (edit_distance(wrong, *nearest) > std::max(wrong.size(), nearest->size()) / 2) return list;
  return "did you mean " + std::string(*nearest) + "? " + list;
}

std::vector<std::string_view> choices_of(const Parameter& parameter) {
  std::vector<std::string_view> words;
  for (const std::string_view choice : parameter.choices) {
    if (!choice.empty()) words.push_back(choice);
  }
  return words;
}

void check_value(std::string_view subject, const Parameter& parameter, std::string_view value) {
  const std::string where = std::string(subject) + ": " + std::string(parameter.name);
  const std::vector<std::string_view> choices = choices_of(parameter);
  if (!choices.empty()) {
    if (std::ranges::find(choices, value) != choices.end()) return;
    throw Error(where, "unknown value " + quoted(value), remedy(value, choices));
  }
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  const bool whole = error == std::errc{} && end == value.data() + value.size();
  if (whole && number >= parameter.min && number <= parameter.max) return;
  throw Error(where, quoted(value) + " is out of range",
              "give a whole number from " + std::to_string(parameter.min) + " to " +
                  std::to_string(parameter.max));
}

std::string_view effective_value(const SchedulerEntry& entry, const Parameter& parameter,
                                 const Settings& set) {
  const auto user = set.find(std::string(parameter.name));
  if (user != set.end()) return user->second;
  return parameter.name == entry.preset_key ? entry.preset_value : parameter.default_value;
}

}  // namespace

std::span<const SchedulerEntry> all_schedulers() { return kSchedulers<std::atomic>; }

std::span<const SchedulerAlias> scheduler_aliases() { return kAliases; }

SchedulerEntry find_scheduler(std::string_view name, std::span<const SchedulerEntry> table) {
  if (is_plugin_path(name)) {
    if (table.data() == all_schedulers().data()) return load_scheduler(std::string(name));
    throw Error("scheduler " + std::string(name), "is a file, compiled for std::atomic only",
                "to explore it, make it a row of schedulers/registry.h");
  }
  const auto alias = std::ranges::find(kAliases, name, &SchedulerAlias::alias);
  const bool aliased = alias != std::end(kAliases);
  const auto row = std::ranges::find(table, aliased ? alias->name : name, &SchedulerEntry::name);
  if (row == table.end()) {
    std::vector<std::string_view> names;
    for (const SchedulerEntry& entry : table) names.push_back(entry.name);
    for (const SchedulerAlias& other : kAliases) names.push_back(other.alias);
    throw Error("scheduler", "unknown name " + quoted(name), remedy(name, names));
  }
  SchedulerEntry entry = *row;
  if (aliased) {
    entry.preset_key = alias->preset_key;
    entry.preset_value = alias->preset_value;
  }
  return entry;
}

void check_settings(const SchedulerEntry& entry, const Settings& set) {
  const std::string subject = "scheduler " + std::string(entry.name);
  for (const auto& [key, value] : set) {
    const auto parameter = std::ranges::find(entry.parameters, key, &Parameter::name);
    if (parameter == entry.parameters.end()) {
      std::vector<std::string_view> names;
      for (const Parameter& known : entry.parameters) names.push_back(known.name);
      throw Error(subject, "unknown parameter " + quoted(key), remedy(key, names));
    }
    check_value(subject, *parameter, value);
  }
}

std::unique_ptr<Scheduler> SchedulerEntry::make(const SchedulerConfig& config) const {
  require(config.workers > 0, "a scheduler has at least one worker");
  require(config.tasks_max > 0, "a scheduler has room for at least one task");
  require(config.threads_per_core > 0, "a core has at least one thread");
  check_settings(*this, config.set);
  SchedulerConfig complete = config;
  for (const Parameter& parameter : parameters) {
    complete.set[std::string(parameter.name)] = effective_value(*this, parameter, config.set);
  }
  return build(complete);
}

std::string effective_parameters(const SchedulerEntry& entry, const Settings& set) {
  check_settings(entry, set);
  std::string text;
  for (const Parameter& parameter : entry.parameters) {
    if (!text.empty()) text += ' ';
    text += std::string(parameter.name) + '=' + std::string(effective_value(entry, parameter, set));
  }
  return text;
}

}  // namespace etude
