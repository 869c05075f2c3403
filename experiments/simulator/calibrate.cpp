#include "experiments/simulator/calibrate.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "core/failure.h"
#include "core/stderr_text.h"
#include "experiments/harness/atomic_file.h"
#include "experiments/harness/campaign.h"
#include "experiments/harness/environment.h"
#include "experiments/harness/journal.h"
#include "experiments/harness/real_trials.h"
#include "experiments/harness/text_file.h"
#include "experiments/simulator/calibration.h"
#include "experiments/simulator/micro_run.h"

namespace etude::sim {
namespace {

namespace fs = std::filesystem;
using harness::Json;

void require_writable(const std::string& path) {
  if (fs::is_directory(path)) throw Error(path, "is a directory", "name a file for the costs");
  const fs::path directory = fs::absolute(path).parent_path();
  if (::access(directory.c_str(), W_OK) != 0) {
    throw Error(path, "cannot be written", "name a file in a directory that exists");
  }
}

// Measured once for each results directory.
MicroTimes micro_times(const CalibrateRequest& request, const std::vector<std::string>& program) {
  const std::string path = request.runs + "/bench.json";
  if (!fs::exists(path)) {
    if (!request.quiet) print_stderr("micro-benchmarks, about 10 s\n");
    harness::AtomicFile file(path);
    file.append(run_benchmarks(program));
    if (const auto problem = file.commit()) {
      throw Error(path, *problem, "make room and run the same command again, it resumes");
    }
  }
  return parse_benchmarks(harness::read_text_file(path).value_or(""), path);
}

Runs read_runs(const CalibrateRequest& request, const harness::Suite& suite) {
  std::vector<harness::TrialRecord> records;
  harness::Journal::open_read_only(request.runs + "/journal.jsonl")
      .for_each_in_plan_order(
          [&](const harness::TrialRecord& record) { records.push_back(record); });
  Runs runs{.cells = medians(observe(records)), .paths = {}, .cache_bytes = 0};
  for (const harness::Cell& cell : suite.cells) {
    runs.paths[cell.workload.name] = cell.workload.path;
  }
  const long cache_bytes = ::sysconf(_SC_LEVEL2_CACHE_SIZE);
  if (cache_bytes > 0) runs.cache_bytes = static_cast<double>(cache_bytes);
  return runs;
}

void describe(const CalibrateRequest& request, CostsFile& file) {
  const Json environment = harness::read_json_file(request.runs + "/env.json");
  const Json& machine = environment.at("machine");
  file.machine = fmt::format("{}, {} cores{}, {}", machine.value("cpu_model", "unknown"),
                             machine.value("cores_online", 0),
                             machine.value("virtual_machine", false) ? " of a virtual machine" : "",
                             machine.value("kernel", "unknown"));
  file.git_rev = harness::git_revision();
  file.costs.about = fmt::format("Measured by etude calibrate on one machine: {}.", file.machine);
}

}  // namespace

int calibrate(const CalibrateRequest& request, const harness::Suite& suite) {
  require_writable(request.out);
  const std::vector<std::string> program = find_benchmarks();
  harness::RealTrials trials(suite);
  const int measured = harness::run_campaign(
      {.out = request.runs, .shard = {}, .only = {}, .quiet = request.quiet}, suite, trials);
  if (measured != harness::kDone) return measured;

  CostsFile file = operation_costs(micro_times(request, program));
  const Runs runs = read_runs(request, suite);
  add_visit_costs(runs, file);
  add_sleep_costs(runs, file);
  add_migration_costs(runs, file);
  describe(request, file);
  write_costs(file, request.out);
  if (request.quiet) return harness::kDone;
  const auto disturbed = std::count_if(runs.cells.begin(), runs.cells.end(),
                                       [](const Observation& cell) { return cell.disturbed; });
  if (disturbed > 0) {
    print_stderr("other programs ran during {} of {} cells: calibrate again without them\n",
                 disturbed, runs.cells.size());
  }
  print_stderr("{}: {} costs\n", request.out, file.sources.size());
  return harness::kDone;
}

}  // namespace etude::sim
