// etude sim: simulates a suite on virtual cores, or goes on with one.

#include <memory>
#include <string>

#include "core/failure.h"
#include "core/host.h"
#include "experiments/cli/check_scheduler.h"
#include "experiments/cli/commands.h"
#include "experiments/harness/campaign.h"
#include "experiments/harness/subject.h"
#include "experiments/simulator/simulated_trials.h"
#include "schedulers/registry.h"

namespace etude::cli {
namespace {

std::unique_ptr<Scheduler> make_scheduler(const std::string& name, const SchedulerConfig& config) {
  return find_scheduler(name).make(config);
}

struct Options {
  sim::SuiteRequest suite;
  harness::CampaignRequest request;
  std::uint32_t jobs = static_cast<std::uint32_t>(usable_cores().size());
  bool dry_run = false;
};

void run(Options& options, int& exit_code) {
  if (!options.dry_run && options.request.out.empty()) {
    throw Error("--out", "is missing", "name a directory for the results");
  }
  options.suite.check_scheduler = check_scheduler;
  options.suite.costs_directory =
      sim::find_costs_directory(harness::find_tools().bin, options.suite.path);
  const sim::SimulatedSuite suite = sim::read_simulated_suite(options.suite);
  sim::SimulatedTrials trials(suite, make_scheduler, options.jobs);
  if (options.dry_run) return harness::print_plan(options.request, suite.suite, trials);
  exit_code = harness::run_campaign(options.request, suite.suite, trials);
}

}  // namespace

void add_sim_command(CLI::App& app, int& exit_code) {
  const auto options = std::make_shared<Options>();
  sim::SuiteRequest& suite = options->suite;
  harness::CampaignRequest& request = options->request;
  CLI::App* command = app.add_subcommand(
      "sim", "simulate a suite on virtual cores; run again, it goes on where it stopped");
  command->footer(
      "Example: etude sim experiments/suites/quick.json --out results/quick-sim\n"
      "         etude sim experiments/suites/scale.json --out shard1 --shard 1/8\n"
      "Exit: 0 done; 1 a trial failed or the disk refused; 2 bad input; 130 interrupted.\n"
      "Two runs of one build on one machine write the same bytes. What is assumed:\n"
      "experiments/simulator/README.md.");
  command->add_option("suite", suite.path, "suite file; see experiments/README.md")->required();
  command->add_option("--out", request.out, "results directory, new or of the same suite");
  command->add_option("--cores", suite.cores, "of the server, in place of the suite's")
      ->check(CLI::Range(1, 1'024));
  command->add_option("--costs", suite.costs,
                      "name or file, for models that name none (this-machine, else xeon-vm-2)");
  command->add_option("--seed", suite.overrides.seed, "of the plan, in place of the suite's");
  command->add_option("--blocks", suite.overrides.blocks, "in place of the suite's")
      ->check(CLI::Range(1, 10'000));
  command->add_option("--shard", request.shard, "I/N: every N-th trial, from I = 1");
  command->add_option("--only", request.only, "key=value: the trials of these cells; repeatable");
  command->add_option("--jobs", options->jobs, "trials at a time (the cores at hand)")
      ->check(CLI::Range(1, 1'024));
  command->add_flag("--dry-run", options->dry_run, "print the plan and its expected time");
  command->add_flag("--quiet", request.quiet, "no progress");
  command->callback([options, &exit_code] { run(*options, exit_code); });
}

}  // namespace etude::cli
