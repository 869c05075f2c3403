// etude calibrate: measures what the simulator charges.

#include "experiments/simulator/calibrate.h"

#include <memory>

#include "core/failure.h"
#include "experiments/cli/commands.h"
#include "schedulers/registry.h"

namespace etude::cli {

void add_calibrate_command(CLI::App& app, int& exit_code) {
  CLI::App* command = app.add_subcommand(
      "calibrate", "measure what operations cost on this machine, for etude sim");
  command->footer(
      "Short real runs and micro-benchmarks become a file of costs, each with its source. Keep "
      "the\n"
      "machine otherwise idle. What was measured stays in --runs; run again, it goes on from "
      "there.\n"
      "Example: etude calibrate experiments/suites/calibrate.json --out this-machine.json "
      "--runs results/calibrate\n"
      "Exit: 0 done; 1 a trial failed or the disk refused; 2 bad input; 130 interrupted.");
  struct Options {
    std::string suite_path;
    harness::SuiteOverrides overrides;
    sim::CalibrateRequest request;
  };
  const auto options = std::make_shared<Options>();
  sim::CalibrateRequest& request = options->request;
  command->add_option("suite", options->suite_path, "experiments/suites/calibrate.json")
      ->required();
  command->add_option("--out", request.out, "the file of costs to write")->required();
  command->add_option("--runs", request.runs, "results directory, new or of the same suite")
      ->required();
  command
      ->add_option("--seconds", options->overrides.duration_s,
                   "measured time of each run, in place of the suite's")
      ->check(CLI::Range(0.05, 3'600.0));
  command->add_option("--blocks", options->overrides.blocks, "in place of the suite's")
      ->check(CLI::Range(1, 10'000));
  command->add_flag("--quiet", request.quiet, "no progress");
  command->callback([options, &exit_code] {
    const harness::Suite suite = harness::read_suite(
        options->suite_path, options->overrides, [](const harness::SchedulerChoice& choice) {
          return effective_parameters(find_scheduler(choice.name), choice.params);
        });
    exit_code = sim::calibrate(options->request, suite);
  });
}

}  // namespace etude::cli
