#include "experiments/cli/compare_subject.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <string_view>

#include "core/failure.h"
#include "experiments/harness/subject.h"

namespace etude::cli {
namespace {

using harness::Json;

constexpr std::size_t kNameMax = 24;  // characters of a command line that a table shows

std::string quoted(const std::string& text) { return fmt::format("--subject '{}'", text); }

bool is_blank(char c) { return c == ' ' || c == '\t'; }

// Words between blanks; quotes keep blanks, a backslash keeps the next character.
std::vector<std::string> shell_words(const std::string& text) {
  std::vector<std::string> words;
  char quote = 0;
  bool in_word = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quote == 0 && is_blank(c)) {
      in_word = false;
      continue;
    }
    if (!in_word) words.emplace_back();
    in_word = true;
    if (c == quote) {
      quote = 0;
    } else if (quote == 0 && (c == '\'' || c == '"')) {
      quote = c;
    } else if (c == '\\' && quote != '\'' && i + 1 < text.size()) {
      words.back() += text[++i];
    } else {
      words.back() += c;
    }
  }
  if (quote != 0) throw Error(quoted(text), "has a quote without its end", "close it");
  return words;
}

// The length of "NAME" in "NAME=command"; 0: no name is given.
std::size_t name_length(const std::string& text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos) return 0;
  const bool plain =
      std::all_of(text.begin(), text.begin() + static_cast<long>(equals), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '-' || c == '_' || c == '.';
      });
  return plain ? equals : 0;
}

std::string short_name(const std::string& text) {
  if (text.size() <= kNameMax) return text;
  return text.substr(0, kNameMax - 3) + "...";
}

std::vector<std::string> build_words(const std::string& program, const BuildOptions& options) {
  const SchedulerWords scheduler = split_scheduler(options.scheduler);
  std::vector<std::string> words{program, "serve", "--scheduler", scheduler.name};
  for (const std::string& setting : scheduler.settings) {
    words.insert(words.end(), {"--set", setting});
  }
  // Port 0: the ready line says which, and two that start together cannot meet on one.
  words.insert(words.end(), {"--host", "127.0.0.1", "--port", "0", "--cores", "{cores}",
                             "--backlog", fmt::format("{}", options.backlog), "--max-connections",
                             fmt::format("{}", options.connections_max + 64)});
  return words;
}

}  // namespace

SchedulerWords split_scheduler(const std::string& text) {
  const std::size_t colon = text.find(':');
  SchedulerWords scheduler{.name = text.substr(0, colon), .settings = {}};
  for (std::size_t at = colon; at != std::string::npos;) {
    const std::size_t comma = text.find(',', at + 1);
    scheduler.settings.push_back(text.substr(at + 1, comma - at - 1));
    at = comma;
  }
  return scheduler;
}

ComparedSubject parse_subject(const std::string& text, const BuildOptions& options) {
  const std::size_t named = name_length(text);
  const std::string command = named == 0 ? text : text.substr(named + 1);
  std::vector<std::string> words = shell_words(command);
  if (words.empty()) {
    throw Error(quoted(text), "names no program", "give a path to etude, or a command line");
  }
  if (!harness::program_is_there(words.front()) || std::filesystem::is_directory(words.front())) {
    throw Error(quoted(text), fmt::format("there is no program {}", words.front()),
                "build it first, or correct the path");
  }
  ComparedSubject subject;
  subject.name = named == 0 ? short_name(command) : text.substr(0, named);
  subject.is_build = words.size() == 1 && words.front().find("{port}") == std::string::npos;
  if (subject.is_build) {
    words = build_words(words.front(), options);
  } else if (command.find("{port}") == std::string::npos) {
    throw Error(quoted(text), "does not say where its port goes",
                "write {port} in its place, as in 'python3 server.py {port}'");
  }
  subject.level = Json{{"name", subject.name},
                       {"command", words},
                       {"ready", subject.is_build ? "etude: http://" : "port"}};
  return subject;
}

}  // namespace etude::cli
