// etude sim: simulates a suite on virtual cores, or goes on with one; or answers one question.

#include <memory>
#include <span>
#include <string>

#include "core/failure.h"
#include "core/host.h"
#include "experiments/cli/check_scheduler.h"
#include "experiments/cli/commands.h"
#include "experiments/cli/sim_quick.h"
#include "experiments/harness/campaign.h"
#include "experiments/harness/subject.h"
#include "experiments/simulator/simulated_trials.h"
#include "experiments/simulator/timed_atomic.h"
#include "schedulers/plugin.h"
#include "schedulers/registry.h"

namespace etude::cli {
namespace {

std::unique_ptr<Scheduler> make_scheduler(const std::string& name, const SchedulerConfig& config) {
  // A plugin is compiled for std::atomic: each of its calls is one moment.
  const std::span<const SchedulerEntry> table = kSchedulers<sim::TimedAtomic>;
  return find_scheduler(name, is_plugin_path(name) ? all_schedulers() : table).make(config);
}

struct Options {
  sim::SuiteRequest suite;
  harness::CampaignRequest request;
  std::uint32_t jobs = static_cast<std::uint32_t>(usable_cores().size());
  bool dry_run = false;
  bool as_json = false;
  std::vector<std::string> schedulers;  // a question without a suite
  std::string service;
  std::string loads;
  std::optional<std::uint64_t> requests;
};

// What belongs to one of the two ways of asking is refused in the other.
bool asks_without_suite(const Options& options) {
  const bool quick = !options.schedulers.empty();
  if (quick && !options.suite.path.empty()) {
    throw Error("--scheduler", "stands beside a suite, which has schedulers of its own",
                "leave out one of the two");
  }
  if (!quick &&
      (!options.service.empty() || !options.loads.empty() || options.requests || options.as_json)) {
    throw Error("--service, --load, --requests, --json", "belong to --scheduler",
                "add --scheduler NAME, or leave them out");
  }
  if (!quick && options.suite.path.empty()) {
    throw Error("etude sim", "has neither a suite nor a scheduler",
                "name a suite file, or give --scheduler, --service and --load");
  }
  if (quick && (options.service.empty() || options.loads.empty())) {
    throw Error(options.service.empty() ? "--service" : "--load", "is missing",
                "give both, such as --service exp:5 --load .8");
  }
  return quick;
}

int run_quick(Options& options) {
  QuickSim quick;
  quick.question.schedulers = options.schedulers;
  quick.question.service = options.service;
  quick.question.loads = options.loads;
  quick.question.cores = options.suite.cores.value_or(1);
  if (!options.suite.costs.empty()) quick.question.costs = options.suite.costs;
  quick.question.requests = options.requests;
  if (const auto& blocks = options.suite.overrides.blocks) quick.question.blocks = *blocks;
  if (const auto& seed = options.suite.overrides.seed) quick.question.seed = *seed;
  quick.request = options.request;
  quick.make_scheduler = make_scheduler;
  quick.jobs = options.jobs;
  quick.dry_run = options.dry_run;
  quick.as_json = options.as_json;
  return run_quick_sim(quick);
}

void run(Options& options, int& exit_code) {
  if (asks_without_suite(options)) {
    exit_code = run_quick(options);
    return;
  }
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
      "         etude sim --scheduler work-stealing --cores 64 --service bimodal:5,500,0.005 "
      "--load .8\n"
      "         etude sim --scheduler fifo --scheduler work-stealing:steal=one --cores 16\n"
      "             --service exp:5 --load 0.1:0.95:0.05 --out results/sweep\n"
      "Without a suite: Poisson arrivals, straight to the scheduler, costs zero; with the closed\n"
      "form beside it where there is one; with --out the trials stay, as a suite's.\n"
      "Exit: 0 done; 1 a trial failed or the disk refused; 2 bad input; 130 interrupted.\n"
      "Two runs of one build on one machine write the same bytes. What is assumed:\n"
      "experiments/simulator/README.md.");
  command->add_option("suite", suite.path, "suite file; see experiments/README.md");
  command->add_option("--out", request.out, "results directory, new or of the same suite");
  command
      ->add_option("--scheduler", options->schedulers,
                   "in place of a suite: NAME or NAME:key=value,..; repeatable")
      ->allow_extra_args(false);
  command->add_option("--service", options->service,
                      "of a request, in us: exp:5, fixed:5, bimodal:5,500,0.005, lognormal:5,1 ..");
  command->add_option("--load", options->loads, "of the cores: .8, or .5,.8, or 0.1:0.95:0.05");
  command->add_option("--requests", options->requests, "of a run, warm-up apart (as it takes)")
      ->check(CLI::Range(1'000, 1'000'000'000));
  command->add_flag("--json", options->as_json, "the answer as JSON, for scripts");
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
