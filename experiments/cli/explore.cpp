// etude explore: a scheduler and the parking protocol under many schedules, on virtual threads.

#include "experiments/explorer/explore.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/clock.h"
#include "core/failure.h"
#include "core/stderr_text.h"
#include "experiments/cli/commands.h"
#include "experiments/explorer/finding_file.h"

namespace etude::cli {
namespace {

struct Options {
  std::string scheduler;
  std::vector<std::string> set;
  explorer::ExploreConfig config;
  bool sequential = false;
  bool exhaustive = false;
  bool eager = false;
  bool quiet = false;
  std::string out = "explore-failure.json";
  std::string replay;
  std::uint32_t times = 100;
};

Settings settings_of(const std::vector<std::string>& pairs) {
  Settings set;
  for (const std::string& pair : pairs) {
    const std::size_t equals = pair.find('=');
    if (equals == std::string::npos)
      throw Error("--set", pair + " has no value", "write key=value");
    set[pair.substr(0, equals)] = pair.substr(equals + 1);
  }
  return set;
}

// On a terminal only: how far it is, and how long it will take.
std::function<void(std::uint64_t)> progress_line(const Options& options) {
  if (options.quiet || isatty(STDERR_FILENO) == 0) return {};
  const Nanos start_ns = monotonic_ns();
  return [start_ns, all = options.config.schedules_max](std::uint64_t done) {
    const double spent_s = static_cast<double>(monotonic_ns() - start_ns) / kSecond;
    const double left_s = spent_s * static_cast<double>(all - done) / static_cast<double>(done);
    print_stderr("\r{} of {} schedules, {:.0f} s left \x1b[K", done, all, left_s);
  };
}

explorer::Subject subject_of(const Options& options) {
  explorer::Subject subject{
      .scheduler = find_scheduler(options.scheduler, explorer::explored_schedulers()),
      .set = settings_of(options.set),
      .memory = options.sequential ? explorer::Memory::sequential : explorer::Memory::tso};
  // What an alias presets goes into the file as well, which names the row and not the alias.
  const SchedulerEntry& entry = subject.scheduler;
  if (!entry.preset_key.empty()) {
    subject.set.try_emplace(std::string(entry.preset_key), entry.preset_value);
  }
  return subject;
}

int explore(Options options) {
  const explorer::Subject subject = subject_of(options);
  check_settings(subject.scheduler, subject.set);
  explorer::ExploreConfig& config = options.config;
  if (config.workers % config.threads_per_core != 0) {
    throw Error("--workers", "is no multiple of --threads-per-core", "change one of them");
  }
  if (options.exhaustive) config.search = explorer::Search::exhaustive;
  if (options.eager) config.wake_policy = WakePolicy::eager;
  const explorer::Exploration result = explorer::explore(subject, config, progress_line(options));
  if (!options.quiet && isatty(STDERR_FILENO) != 0) print_stderr("\r\x1b[K");
  fmt::print("{} ({}): {} schedules{}, {} steps, {} failures\n", subject.scheduler.name,
             effective_parameters(subject.scheduler, subject.set), result.schedules,
             result.complete ? ", all there are" : "", result.steps, result.finding ? 1 : 0);
  if (!result.finding) return 0;
  write_finding(options.out, subject, *result.finding);
  fmt::print("{}\nseed {}, schedule {}; repeat it with: etude explore --replay {}\n",
             result.finding->failure, result.finding->seed, result.finding->schedule, options.out);
  return 1;
}

int replay(const Options& options) {
  const explorer::StoredFinding stored = explorer::read_finding(options.replay);
  std::uint32_t same = 0;
  for (std::uint32_t time = 0; time < options.times; ++time) {
    if (explorer::replay(stored.subject, stored.finding) == stored.finding.failure) ++same;
  }
  fmt::print("{}\nreproduced {} of {} times\n", stored.finding.failure, same, options.times);
  return same == options.times ? 0 : 1;
}

}  // namespace

void add_explore_command(CLI::App& app, int& exit_code) {
  CLI::App* command = app.add_subcommand(
      "explore", "run a scheduler under many schedules, and look for lost tasks and wake-ups");
  command->footer(
      "Example: etude explore --scheduler work-stealing --set order=lifo --schedules 1000000\n"
      "Exit 1 and a file to replay when a schedule goes wrong. A replay exits 0 when the failure "
      "came back every time.");
  auto options = std::make_shared<Options>();
  explorer::ExploreConfig& config = options->config;
  auto* scheduler = command->add_option("--scheduler", options->scheduler, "see etude schedulers");
  scheduler->envname("ETUDE_SCHEDULER");
  command->add_option("--set", options->set, "a parameter of the scheduler: key=value");
  command->add_option("--workers", config.workers, "virtual workers")
      ->check(CLI::Range(1, 12))
      ->capture_default_str();
  command->add_option("--threads-per-core", config.threads_per_core, "workers of one core")
      ->check(CLI::Range(1, 12))
      ->capture_default_str();
  command->add_option("--tasks", config.tasks_max, "at most so many tasks in a schedule")
      ->check(CLI::Range(1, 64))
      ->capture_default_str();
  command->add_option("--schedules", config.schedules_max, "stop after so many")
      ->capture_default_str();
  command->add_option("--seed", config.seed, "of plans and choices")->capture_default_str();
  command->add_flag("--exhaustive", options->exhaustive,
                    "one plan, all schedules within --preemptions; else random priorities");
  command->add_option("--preemptions", config.preemptions_max, "bound of --exhaustive")
      ->capture_default_str();
  command->add_flag("--sequential", options->sequential, "no store buffers");
  command->add_flag("--eager", options->eager, "wake one worker per submission");
  command->add_option("--out", options->out, "where a failure is written")->capture_default_str();
  command->add_option("--replay", options->replay, "repeat the failure in this file");
  command->add_option("--times", options->times, "how often to replay")->capture_default_str();
  command->add_flag("--quiet", options->quiet, "no progress");
  command->callback([options, &exit_code] {
    if (options->replay.empty() && options->scheduler.empty()) {
      throw Error("explore", "no scheduler", "name one with --scheduler; see etude schedulers");
    }
    exit_code = options->replay.empty() ? explore(*options) : replay(*options);
  });
}

}  // namespace etude::cli
