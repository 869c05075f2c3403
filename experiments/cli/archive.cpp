// etude pack and etude verify: a results directory as one file that others can check. The work is
// analysis/archive.py's, which draws the figures as well; this process becomes that program.

#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "core/failure.h"
#include "experiments/cli/commands.h"
#include "experiments/harness/analysis_place.h"

namespace etude::cli {
namespace {

[[noreturn]] void become(std::vector<std::string> words) {
  const std::string folder = harness::find_analysis();
  if (folder.empty()) {
    throw Error("analysis/archive.py", "is not there: this program was installed without it",
                "install the component analysis as well, or use a clone");
  }
  words.insert(words.begin(), {"python3", folder + "/archive.py"});
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  std::signal(SIGPIPE, SIG_DFL);
  ::execvp(argv.front(), argv.data());
  throw Error("python3", std::strerror(errno), "install it: apt-get install python3");
}

}  // namespace

void add_pack_command(CLI::App& app, int& /*exit_code*/) {
  struct Options {
    std::string directory;
    std::string out;
    std::vector<std::string> claims;
  };
  const auto options = std::make_shared<Options>();
  CLI::App* command =
      app.add_subcommand("pack", "put results and their report into one zip that can be checked");
  command->footer(
      "Example: etude pack results/quick\n"
      "         etude pack results/guide --claims experiments/claims/guide.json --out guide.zip\n"
      "Exit: 0 done; 2 bad input, and nothing is written.\n"
      "The report is drawn anew from the records that are packed.");
  command->add_option("directory", options->directory, "a results directory")->required();
  command->add_option("--out", options->out, "the file to write (DIRECTORY.zip)");
  command->add_option("--claims", options->claims, "a claims file to judge and pack; repeatable")
      ->allow_extra_args(false);
  command->callback([options] {
    std::vector<std::string> words = {"pack"};
    if (!options->out.empty()) words.push_back("--out=" + options->out);
    for (const std::string& file : options->claims) words.push_back("--claims=" + file);
    words.insert(words.end(), {"--", options->directory});
    become(words);
  });
}

void add_verify_command(CLI::App& app, int& /*exit_code*/) {
  struct Options {
    std::string file;
    bool checksums_only = false;
  };
  const auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "verify", "check a packed file's checksums, and draw its report again: the same bytes?");
  command->footer(
      "Example: etude verify results/quick.zip\n"
      "Exit: 0 all as packed; 1 a checksum or a redrawn file differs, each named; 2 bad input.\n"
      "Other versions of the libraries may draw other bytes: both are then named.");
  command->add_option("file", options->file, "what etude pack wrote")->required();
  command->add_flag("--checksums-only", options->checksums_only, "draw nothing");
  command->callback([options] {
    std::vector<std::string> words = {"verify"};
    if (options->checksums_only) words.emplace_back("--checksums-only");
    words.insert(words.end(), {"--", options->file});
    become(words);
  });
}

}  // namespace etude::cli
