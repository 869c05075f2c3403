// etude submit: a suite in shards, as jobs of Slurm.

#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <string>
#include <utility>

#include "core/clock.h"
#include "core/failure.h"
#include "core/stderr_text.h"
#include "experiments/cli/batch_scripts.h"
#include "experiments/cli/check_scheduler.h"
#include "experiments/cli/commands.h"
#include "experiments/harness/analysis_place.h"
#include "experiments/harness/atomic_file.h"
#include "experiments/harness/group.h"
#include "experiments/harness/process.h"
#include "experiments/harness/suite.h"
#include "experiments/harness/text_file.h"

namespace etude::cli {
namespace {

namespace fs = std::filesystem;

struct Options {
  Batch batch;
  std::string partition;
  bool dry_run = false;
  bool no_report = false;
};

// Its words go to stderr; the exit code comes back.
int run_child(std::vector<std::string> command, bool show_stdout) {
  constexpr Nanos kBound_ns = 120 * kSecond;
  harness::ProcessOptions options;
  options.command = std::move(command);
  harness::Process child(std::move(options));
  if (!child.wait_until(monotonic_ns() + kBound_ns)) {
    print_stderr("etude: submit: no answer for two minutes; see whether sinfo answers\n");
    return 1;
  }
  if (show_stdout) print_stderr("{}", child.out().text());
  print_stderr("{}", child.err().text());
  return child.succeeded() ? 0 : 1;
}

// Different nodes are a blocking factor: what is compared with one another stays on one node.
void keep_comparisons_whole(Batch& batch) {
  const harness::Suite suite = harness::read_suite(batch.suite, {}, check_scheduler);
  const bool rounds = suite.compares_by_rounds();
  const std::size_t most = rounds ? harness::make_groups(suite).size() : suite.blocks;
  if (batch.shards > most) {
    throw Error(fmt::format("--shards {}", batch.shards),
                fmt::format("this suite has {} {}, and each stays whole on one node", most,
                            rounds ? "groups of comparisons" : "blocks"),
                fmt::format("ask for {} shards or fewer", most));
  }
  batch.by_block = !rounds;
}

void write_scripts(const std::string& folder, const std::vector<Script>& scripts) {
  std::error_code failed;
  fs::create_directories(folder, failed);
  for (const Script& script : scripts) {
    harness::AtomicFile file(folder + "/" + script.name);
    file.append(script.text);
    if (auto problem = file.commit()) throw Error(folder, *problem, "choose another --out");
  }
}

// A directory belongs to one submission; the same one again submits what is unfinished.
void refuse_other_submission(const Batch& batch, const std::vector<Script>& scripts) {
  std::error_code none;
  const auto there = harness::read_text_file(batch.out + "/slurm/shard.sh");
  if (!there && fs::exists(batch.out) && !fs::is_empty(batch.out, none)) {
    throw Error(batch.out, "is not empty, and no submission", "choose a new directory for --out");
  }
  if (there && *there != scripts.front().text) {
    throw Error(batch.out, "holds another submission",
                "choose another --out, or give the suite and options it was begun with");
  }
}

void submit(Options& options, int& exit_code) {
  Batch& batch = options.batch;
  batch.etude = fs::read_symlink("/proc/self/exe").string();
  batch.suite = fs::absolute(batch.suite).lexically_normal().string();
  batch.out = fs::absolute(batch.out).lexically_normal().string();
  if (batch.out.ends_with('/')) batch.out.pop_back();
  const std::string analysis = harness::find_analysis();
  if (!options.no_report && !analysis.empty()) batch.report = analysis + "/report.py";
  if (!options.partition.empty()) batch.sbatch.push_back("--partition=" + options.partition);
  if (!batch.simulated) keep_comparisons_whole(batch);
  // The plan says what is wrong with the suite now, and not a job in an hour.
  std::vector<std::string> plan = {batch.etude, batch.simulated ? "sim" : "run",
                                   batch.suite, "--dry-run",
                                   "--shard",   fmt::format("1/{}", batch.shards)};
  if (run_child(std::move(plan), false) != 0) {
    exit_code = 2;
    return;
  }
  const std::vector<Script> scripts = batch_scripts(batch);
  if (options.dry_run) {
    for (const Script& script : scripts) {
      fmt::print("==> {}/slurm/{} <==\n{}\n", batch.out, script.name, script.text);
    }
    return;
  }
  refuse_other_submission(batch, scripts);
  write_scripts(batch.out + "/slurm", scripts);
  exit_code = run_child({"bash", batch.out + "/slurm/submit.sh"}, true);
  if (exit_code == 0) print_stderr("etude status {} says how far they are\n", batch.out);
}

}  // namespace

void add_submit_command(CLI::App& app, int& exit_code) {
  const auto options = std::make_shared<Options>();
  Batch& batch = options->batch;
  CLI::App* command = app.add_subcommand(
      "submit", "run a suite in shards as jobs of Slurm; again: what is unfinished");
  command->footer(
      "Example: etude submit experiments/suites/max-load.json --sim --shards 8 --out results/max\n"
      "         etude submit experiments/suites/sweep.json --shards 4 --out results/sweep\n"
      "         bash results/max/slurm/merge.sh    # without Slurm: runs what is unfinished here\n"
      "Exit: 0 submitted; 1 Slurm refused; 2 bad input.\n"
      "Tables and report come to DIR/merged. A measured shard has its node for itself, and what "
      "is\n"
      "compared stays on one node. The merge job submits unfinished shards again, --again times.");
  command->add_option("suite", batch.suite, "suite file; see experiments/README.md")
      ->required()
      ->check(CLI::ExistingFile);
  command->add_option("--out", batch.out, "directory on a file system that all nodes see")
      ->required();
  command->add_option("--shards", batch.shards, "parts, one task of the array each (1)")
      ->check(CLI::Range(1, 1'000));
  command->add_flag("--sim", batch.simulated, "simulate the suite: asks for cores, not for nodes");
  command->add_option("--cpus", batch.cpus, "of a simulated shard, one trial each (1)")
      ->check(CLI::Range(1, 1'024));
  command->add_option("--again", batch.again, "how often unfinished shards are submitted again (3)")
      ->check(CLI::Range(0, 100));
  command->add_option("--partition", options->partition, "of the cluster");
  command->add_option("--sbatch-arg", batch.sbatch, "--sbatch-arg=--time=60; repeatable")
      ->allow_extra_args(false);
  command->add_flag("--no-report", options->no_report, "tables only");
  command->add_flag("--dry-run", options->dry_run, "print the scripts, submit nothing");
  command->callback([options, &exit_code] { submit(*options, exit_code); });
}

}  // namespace etude::cli
