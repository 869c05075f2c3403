// etude compare: which of two servers is better, measured until the evidence is there.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "core/clock.h"
#include "core/failure.h"
#include "core/stderr_text.h"
#include "experiments/cli/check_scheduler.h"
#include "experiments/cli/commands.h"
#include "experiments/cli/compare_options.h"
#include "experiments/cli/compare_output.h"
#include "experiments/cli/compare_question.h"
#include "experiments/harness/analysis_place.h"
#include "experiments/harness/real_trials.h"
#include "experiments/harness/round_plan.h"

namespace etude::cli {
namespace {

using harness::ComparisonRow;
using harness::Group;
using harness::Suite;

struct Options {
  CompareWords words;
  std::string out;
  bool json = false;
  bool quiet = false;
  bool dry_run = false;
};

// Room for all the pairs that a verdict takes, and some more.
constexpr double kRoundsWanted = kComparePairsMin + 2;
// Chosen by hand: below it too few requests are counted, and start-up is most of the budget.
constexpr double kMeasuringMin_s = 0.36;
constexpr double kPairsMax = 200;
constexpr double kWarmupShare = 1.0 / 6;

Suite parse(const Question& question) {
  return harness::parse_suite(question.suite, "compare", {}, check_scheduler);
}

struct PassTime {
  double all_s = 0;
  double slots = 0;  // trials one after the other
};

PassTime time_of_pass(const harness::RealTrials& trials, const std::vector<Group>& groups) {
  PassTime pass;
  for (const Group& group : groups) {
    pass.all_s += harness::round_expected_s(trials, group);
    const bool in_turn = group.design == harness::Design::paired;
    pass.slots += in_turn ? static_cast<double>(group.cells.size()) : 1;
  }
  return pass;
}

// Trials short enough for the budget, unless the user chose their length, and as many pairs at most
// as it may hold: comparisons that close early leave their time to the others.
Question fitted(const Question& question) {
  const Suite suite = parse(question);
  const harness::RealTrials trials(suite);
  const std::vector<Group> groups = harness::make_groups(suite);
  const PassTime pass = time_of_pass(trials, groups);
  Fit fit{.warmup_s = suite.warmup_s, .duration_s = suite.duration_s, .pairs_max = 0};
  const double full_s = fit.warmup_s + fit.duration_s;
  const double fixed_s = pass.all_s - pass.slots * full_s;
  double measuring_s = full_s;
  if (!question.times_typed) {
    measuring_s = std::clamp((question.budget_s / kRoundsWanted - fixed_s) / pass.slots,
                             kMeasuringMin_s, full_s);
    fit.warmup_s = measuring_s * kWarmupShare;
    fit.duration_s = measuring_s - fit.warmup_s;
  }
  const double pairs = question.budget_s / (fixed_s + pass.slots * measuring_s);
  const double most = std::ceil(pairs * (groups.size() > 1 ? 2 : 1.25));
  fit.pairs_max = static_cast<std::uint32_t>(std::clamp(most, kRoundsWanted, kPairsMax));
  return fit_question(question, fit);
}

void refuse_what_does_not_fit(const std::vector<Group>& groups) {
  for (const Group& group : groups) {
    if (group.needs.empty()) continue;
    throw Error("compare", group.needs,
                "choose other cores or --placement shared, or fewer connections");
  }
}

void say_if_budget_is_short(const Options& options, const harness::RealTrials& trials,
                            const std::vector<Group>& groups, double budget_s) {
  const double pass_s = time_of_pass(trials, groups).all_s;
  const double least_s = pass_s * kComparePairsMin;
  if (options.quiet || least_s <= budget_s) return;
  print_stderr(
      "etude: --budget {}: a verdict takes at least {} pairs of each comparison, about {}; "
      "some will stay undecided\n",
      options.words.budget, kComparePairsMin, harness::duration_text(least_s));
}

// "results/compare-fifo-work-stealing-20261127-120000", with -2 and so on when that is taken.
std::string new_directory(const std::string& slug) {
  std::string time = utc_timestamp();
  std::erase_if(time, [](char c) { return c == '-' || c == ':' || c == 'Z'; });
  std::replace(time.begin(), time.end(), 'T', '-');
  const std::string path = fmt::format("results/compare-{}-{}", slug, time);
  std::string free = path;
  for (int i = 2; std::filesystem::exists(free); ++i) free = fmt::format("{}-{}", path, i);
  return free;
}

void say_where(const Options& options, const std::string& out, int exit_code) {
  if (options.quiet) return;
  if (exit_code == harness::kInterrupted) {
    print_stderr("etude: interrupted; to go on, give the same command{}\n",
                 options.out.empty() ? " with --out " + out : "");
    return;
  }
  if (exit_code == harness::kWorkFailed) {
    print_stderr("etude: failed trials are kept with their reasons in {}/trials.csv\n", out);
  }
  print_stderr("results: {}; report: {}\n", out, harness::report_command(out));
}

int run(const Options& options) {
  const Question question = fitted(make_question(options.words));
  const Suite suite = parse(question);
  harness::RealTrials trials(suite);
  harness::CampaignRequest request;
  request.out = options.out.empty() ? new_directory(question.slug) : options.out;
  request.quiet = true;  // what there is to say is said here
  const std::vector<Group> groups = harness::selected_groups(request, suite, trials);
  refuse_what_does_not_fit(groups);
  if (options.dry_run) {
    harness::print_rounds_plan(request, suite, trials);
    return 0;
  }
  say_if_budget_is_short(options, trials, groups, question.budget_s);

  std::vector<ComparisonRow> rows;
  double spent_s = 0;
  LiveComparison live(harness::talk_for_stderr(options.quiet));
  int exit_code = harness::run_rounds(request, suite, trials, [&](const harness::RoundNews& news) {
    live(news);
    rows = news.rows;
    spent_s = news.spent_s;
  });
  if (exit_code == harness::kDone && question.fail_if) exit_code = judge(*question.fail_if, rows);
  if (options.json) {
    fmt::print("{}", compare_json({.rows = rows,
                                   .out = request.out,
                                   .budget_s = question.budget_s,
                                   .spent_s = spent_s,
                                   .fail_if = options.words.fail_if,
                                   .exit_code = exit_code}));
  } else if (!rows.empty()) {
    fmt::print("{}\n", compare_heading(rows));
    for (const std::string& line : compare_lines(rows, Stage::ended)) fmt::print("{}\n", line);
  }
  std::fflush(stdout);
  say_where(options, request.out, exit_code);
  return exit_code;
}

}  // namespace

void add_compare_command(CLI::App& app, int& exit_code) {
  const auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "compare", "answer one question: is this scheduler, build or server better than that one");
  add_compare_options(*command, options->words);
  const char* const group = "Output";
  command
      ->add_option("--out", options->out,
                   "results directory (results/compare-NAMES-TIME); the same again goes on")
      ->group(group);
  command->add_option("--fail-if", options->words.fail_if, "slower:2% and the like, see below")
      ->group(group);
  command->add_flag("--json", options->json, "one JSON document on stdout")->group(group);
  command->add_flag("--dry-run", options->dry_run, "print what would run")->group(group);
  command->add_flag("-q,--quiet", options->quiet, "nothing but the verdicts")->group(group);
  command->callback([options, &exit_code] { exit_code = run(*options); });
}

}  // namespace etude::cli
