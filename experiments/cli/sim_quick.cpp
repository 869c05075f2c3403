#include "experiments/cli/sim_quick.h"

#include <fmt/format.h>
#include <stdlib.h>

#include <filesystem>
#include <map>
#include <utility>
#include <vector>

#include "core/failure.h"
#include "experiments/cli/check_scheduler.h"
#include "experiments/cli/sim_answer.h"
#include "experiments/harness/journal.h"
#include "experiments/harness/subject.h"

namespace etude::cli {
namespace {

namespace fs = std::filesystem;

// A directory that goes with it.
class Scratch {
 public:
  Scratch() {
    std::string pattern = (fs::temp_directory_path() / "etude-sim-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) {
      throw Error(pattern, "cannot be made", "set TMPDIR to a directory that can be written");
    }
    path_ = pattern;
  }
  ~Scratch() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

sim::SimulatedSuite read_suite_of(const QuickSim& quick) {
  sim::SuiteRequest request;
  request.path = "etude sim";
  request.document = sim::quick_suite(quick.question);
  request.costs = quick.question.costs;
  request.costs_directory = sim::find_costs_directory(harness::find_tools().bin, request.path);
  request.check_scheduler = check_scheduler;
  return sim::read_simulated_suite(request);
}

// Each scheduler is looked at by itself, so that a wrong one is named as it was typed.
void check_schedulers(const std::vector<std::string>& schedulers) {
  for (const std::string& text : schedulers) {
    if (text.find(':') == std::string::npos) find_scheduler(text);
  }
}

std::vector<harness::TrialRow> rows_of(const std::string& directory) {
  std::vector<harness::TrialRow> rows;
  harness::Journal::open_read_only(directory + "/journal.jsonl")
      .for_each_in_plan_order(
          [&](const harness::TrialRecord& record) { rows.push_back(record.trial); });
  return rows;
}

}  // namespace

int run_quick_sim(const QuickSim& quick) {
  check_schedulers(quick.question.schedulers);
  const sim::SimulatedSuite suite = read_suite_of(quick);
  sim::SimulatedTrials trials(suite, quick.make_scheduler, quick.jobs);
  harness::CampaignRequest request = quick.request;
  if (quick.dry_run) {
    harness::print_plan(request, suite.suite, trials);
    return harness::kDone;
  }
  std::optional<Scratch> scratch;
  if (request.out.empty()) {
    request.out = scratch.emplace().path() + "/results";
    request.quiet = true;  // progress would name a directory that goes
  }
  const int exit_code = harness::run_campaign(request, suite.suite, trials);
  if (exit_code == harness::kInterrupted) return exit_code;
  const sim::ModelOptions& model = suite.models.begin()->second;
  const SimAnswer answer = answer_of(
      rows_of(request.out),
      {.service = sim::parse_lengths(quick.question.service), .free = costs_nothing(model.costs)});
  if (quick.as_json) {
    print_json(answer);
  } else {
    print_table(answer, quick.question);
  }
  return exit_code;
}

}  // namespace etude::cli
