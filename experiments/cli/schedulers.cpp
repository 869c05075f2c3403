// etude schedulers: what there is to compare, with the parameters of each.

#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "experiments/cli/commands.h"
#include "schedulers/registry.h"

namespace etude::cli {
namespace {

std::vector<std::string> choices_of(const Parameter& parameter) {
  std::vector<std::string> words;
  for (const std::string_view choice : parameter.choices) {
    if (!choice.empty()) words.emplace_back(choice);
  }
  return words;
}

std::vector<std::string> aliases_of(const SchedulerEntry& entry) {
  std::vector<std::string> names;
  for (const SchedulerAlias& alias : scheduler_aliases()) {
    if (alias.name != entry.name) continue;
    std::string name(alias.alias);
    if (!alias.preset_key.empty()) {
      name += fmt::format(" (with {}={})", alias.preset_key, alias.preset_value);
    }
    names.push_back(name);
  }
  return names;
}

void print_table() {
  for (const SchedulerEntry& entry : all_schedulers()) {
    fmt::print("{:<14} {}\n", entry.name, entry.help);
    for (const std::string& alias : aliases_of(entry)) fmt::print("{:<14}   alias {}\n", "", alias);
    for (const Parameter& parameter : entry.parameters) {
      std::string values;
      for (const std::string& choice : choices_of(parameter)) {
        values += (values.empty() ? "" : "|") + choice;
      }
      if (values.empty()) values = fmt::format("{}..{}", parameter.min, parameter.max);
      fmt::print("{:<14}   --set {}={}   {} (default {})\n", "", parameter.name, values,
                 parameter.help, parameter.default_value);
    }
  }
}

void print_json() {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const SchedulerEntry& entry : all_schedulers()) {
    nlohmann::ordered_json parameters = nlohmann::ordered_json::array();
    for (const Parameter& parameter : entry.parameters) {
      nlohmann::ordered_json row{
          {"name", parameter.name}, {"help", parameter.help}, {"default", parameter.default_value}};
      const std::vector<std::string> choices = choices_of(parameter);
      if (choices.empty()) {
        row["min"] = parameter.min;
        row["max"] = parameter.max;
      } else {
        row["choices"] = choices;
      }
      parameters.push_back(row);
    }
    nlohmann::ordered_json aliases = nlohmann::ordered_json::array();
    for (const SchedulerAlias& alias : scheduler_aliases()) {
      if (alias.name != entry.name) continue;
      nlohmann::ordered_json preset = nlohmann::ordered_json::object();
      if (!alias.preset_key.empty()) preset[std::string(alias.preset_key)] = alias.preset_value;
      aliases.push_back({{"name", alias.alias}, {"set", preset}});
    }
    list.push_back({{"name", entry.name},
                    {"help", entry.help},
                    {"aliases", aliases},
                    {"parameters", parameters}});
  }
  fmt::print("{}\n", nlohmann::ordered_json{{"schema", 1}, {"schedulers", list}}.dump(2));
}

}  // namespace

void add_schedulers_command(CLI::App& app, int& exit_code) {
  CLI::App* command = app.add_subcommand("schedulers", "list the schedulers and their parameters");
  command->footer("Example: etude schedulers --json");
  auto json = std::make_shared<bool>(false);
  command->add_flag("--json", *json, "as JSON, for scripts");
  command->callback([json, &exit_code] {
    *json ? print_json() : print_table();
    exit_code = 0;
  });
}

}  // namespace etude::cli
