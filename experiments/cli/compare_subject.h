// experiments/cli/compare_subject.h
//
// A server that `etude compare` is given as text: another build of etude, or any command line. It
// becomes a level of the factor `subject` (experiments/README.md).
//
// Threads: any; values.
// Limits:  a command line is split as a shell does with quotes and blanks; nothing else of a shell.
// Errors:  Error when the program is not there, or the text cannot be run.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "experiments/harness/checked_json.h"

namespace etude::cli {

// What every build of etude is started with.
struct BuildOptions {
  std::string scheduler;  // "name" or "name:key=value,key=value"
  std::uint32_t connections_max = 0;
  std::uint32_t backlog = 0;
};

struct ComparedSubject {
  std::string name;     // as tables show it
  harness::Json level;  // of the factor `subject`
  bool is_build = false;
};

// "build/etude", "python3 server.py {port}", either behind "NAME=".
ComparedSubject parse_subject(const std::string& text, const BuildOptions& options);

// "name:key=value,key=value" as name and "key=value" words. What the values mean is not checked.
struct SchedulerWords {
  std::string name;
  std::vector<std::string> settings;
};
SchedulerWords split_scheduler(const std::string& text);

}  // namespace etude::cli
