// etude completion: a bash script that completes commands, options and their values. It is made
// from the options that this program parses, so that it cannot name one that is gone.

#include <fmt/format.h>

#include <string>
#include <vector>

#include "experiments/cli/commands.h"
#include "schedulers/registry.h"

namespace etude::cli {
namespace {

// The words of {a,b,c} in a type's description, "" when it is open.
std::string choices_of(const CLI::Option& option) {
  const std::string type = option.get_type_name();
  const std::size_t begin = type.find('{');
  const std::size_t end = type.find('}');
  if (begin == std::string::npos || end == std::string::npos) return "";
  std::string words;
  for (const std::string& piece :
       CLI::detail::split(type.substr(begin + 1, end - begin - 1), ',')) {
    words += (words.empty() ? "" : " ") + piece.substr(0, piece.find("->"));
  }
  return words;
}

std::string scheduler_words() {
  std::string words;
  for (const SchedulerEntry& entry : all_schedulers()) words += fmt::format(" {}", entry.name);
  for (const SchedulerAlias& alias : scheduler_aliases()) words += fmt::format(" {}", alias.alias);
  return words.substr(1);
}

std::vector<std::string> spellings(const CLI::Option& option) {
  std::vector<std::string> names;
  for (const std::string& name : option.get_snames()) names.push_back("-" + name);
  for (const std::string& name : option.get_lnames()) names.push_back("--" + name);
  return names;
}

struct CommandWords {
  std::string options;  // all spellings
  std::string values;   // lines of a case: an option's values
};

CommandWords words_of(const CLI::App& command) {
  CommandWords words;
  for (const CLI::Option* option : command.get_options()) {
    const std::vector<std::string> names = spellings(*option);
    if (names.empty()) continue;  // a positional
    for (const std::string& name : names) words.options += " " + name;
    if (option->get_items_expected_max() == 0) continue;  // a flag
    std::string choices = choices_of(*option);
    if (option->check_lname("scheduler")) choices = scheduler_words();
    std::string pattern;  // command and option as one quoted word, for each spelling
    for (const std::string& name : names) {
      pattern += fmt::format("{}'{} {}'", pattern.empty() ? "" : "|", command.get_name(), name);
    }
    words.values += fmt::format("    {})", pattern);
    words.values += choices.empty() ? " files=1 ;;\n" : fmt::format(" words='{}' ;;\n", choices);
  }
  return words;
}

std::string script_of(const CLI::App& app) {
  std::string commands;
  std::string options;
  std::string values;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    const CommandWords words = words_of(*command);
    commands += " " + command->get_name();
    options += fmt::format("    {}) options='{}' ;;\n", command->get_name(), words.options);
    values += words.values;
  }
  return fmt::format(R"(# bash completion for etude, made by: etude completion
_etude() {{
  local word=${{COMP_WORDS[COMP_CWORD]}} before=${{COMP_WORDS[COMP_CWORD-1]}}
  local command=${{COMP_WORDS[1]}}
  local options='' words='' files=0
  if [[ $COMP_CWORD -eq 1 ]]; then
    COMPREPLY=($(compgen -W '{} {}' -- "$word"))
    return
  fi
  case $command in
{}  esac
  case "$command $before" in
{}  esac
  if [[ $word == -* ]]; then
    COMPREPLY=($(compgen -W "$options" -- "$word"))
  elif [[ -n $words && $files -eq 0 ]]; then
    COMPREPLY=($(compgen -W "$words" -- "$word"))
  else
    COMPREPLY=($(compgen -f -- "$word"))
  fi
}}
complete -o filenames -F _etude etude
)",
                     commands.substr(1), words_of(app).options.substr(1), options, values);
}

}  // namespace

void add_completion_command(CLI::App& app, int& exit_code) {
  CLI::App* command = app.add_subcommand("completion", "print a completion script for bash");
  command->footer("Example: source <(etude completion)");
  command->callback([&app, &exit_code] {
    fmt::print("{}", script_of(app));
    exit_code = 0;
  });
}

}  // namespace etude::cli
