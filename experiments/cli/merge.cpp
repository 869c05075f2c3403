// etude merge: joins the shards of a run.

#include "experiments/harness/merge.h"

#include <memory>
#include <string>
#include <vector>

#include "experiments/cli/check_scheduler.h"
#include "experiments/cli/commands.h"

namespace etude::cli {

void add_merge_command(CLI::App& app, int& exit_code) {
  struct Options {
    std::vector<std::string> directories;
    std::string out;
    bool quiet = false;
  };
  const auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("merge", "join the results of a run's shards");
  command->footer("Example: etude merge results/shard1 results/shard2 --out results/sweep");
  command->add_option("directories", options->directories, "results directories of one suite")
      ->required();
  command->add_option("--out", options->out, "results directory, new or of an earlier merge")
      ->required();
  command->add_flag("--quiet", options->quiet, "no talk");
  command->callback([options, &exit_code] {
    exit_code =
        harness::merge_results(options->directories, options->out, options->quiet, check_scheduler);
  });
}

}  // namespace etude::cli
