// etude run: measures a suite, or goes on with one.

#include <memory>
#include <string>

#include "core/failure.h"
#include "experiments/cli/check_scheduler.h"
#include "experiments/cli/commands.h"
#include "experiments/harness/campaign.h"
#include "experiments/harness/real_trials.h"

namespace etude::cli {

void add_run_command(CLI::App& app, int& exit_code) {
  struct Options {
    std::string suite_path;
    harness::SuiteOverrides overrides;
    harness::CampaignRequest request;
    std::string shard_by = "trial";
    bool dry_run = false;
  };
  const auto options = std::make_shared<Options>();
  harness::CampaignRequest& request = options->request;

  CLI::App* command = app.add_subcommand(
      "run", "measure a suite on this machine; run again, it goes on where it stopped");
  command->footer(
      "Example: etude run experiments/suites/quick.json --out results/quick\n"
      "Exit: 0 done; 1 a trial failed or the disk refused; 2 bad input; 130 interrupted.\n"
      "Ctrl-C stops after the running trial, a second one abandons that trial.");
  command->add_option("suite", options->suite_path, "suite file; see experiments/README.md")
      ->required();
  command->add_option("--out", request.out, "results directory, new or of the same suite");
  command->add_option("--seed", options->overrides.seed, "of the plan, in place of the suite's");
  command->add_option("--blocks", options->overrides.blocks, "in place of the suite's")
      ->check(CLI::Range(1, 10'000));
  command->add_option("--shard", request.shard, "I/N: every N-th trial, from I = 1");
  command
      ->add_option("--shard-by", options->shard_by,
                   "trial; block: every N-th block whole, so that its trials share a machine")
      ->check(CLI::IsMember({"trial", "block"}));
  command->add_option("--only", request.only, "key=value: the trials of these cells; repeatable");
  command->add_flag("--dry-run", options->dry_run, "print the plan and its expected time");
  command->add_flag("--quiet", request.quiet, "no progress");
  command->callback([options, &exit_code] {
    if (!options->dry_run && options->request.out.empty()) {
      throw Error("--out", "is missing", "name a directory for the results");
    }
    options->request.shard_by_block = options->shard_by == "block";
    const harness::Suite suite =
        harness::read_suite(options->suite_path, options->overrides, check_scheduler);
    harness::RealTrials trials(suite);
    if (options->dry_run) return harness::print_plan(options->request, suite, trials);
    exit_code = harness::run_campaign(options->request, suite, trials);
  });
}

}  // namespace etude::cli
