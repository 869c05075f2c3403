// etude --version: which program this is, for a report of a fault and for help2man.

#include <string>

#include "experiments/cli/commands.h"
#include "experiments/harness/environment.h"

namespace etude::cli {

void add_version_option(CLI::App& app) {
  app.set_version_flag(
      "--version", [] { return harness::version_text(); },
      "print version, commit, compiler and build type");
}

}  // namespace etude::cli
