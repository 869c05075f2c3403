// etude status: how far a submission is, from the marks on the disk and Slurm's queue.

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <sstream>
#include <string>
#include <utility>

#include "core/clock.h"
#include "core/failure.h"
#include "experiments/cli/commands.h"
#include "experiments/harness/checked_json.h"
#include "experiments/harness/process.h"
#include "experiments/harness/subject.h"
#include "experiments/harness/text_file.h"

namespace etude::cli {
namespace {

namespace fs = std::filesystem;
using harness::Json;

struct Queued {
  std::string state;  // in Slurm's words, in lower case
  std::string node;
};
struct Queue {
  bool answers = false;
  std::map<std::string, Queued> shards;  // by number
  Queued merge;
};

struct Shard {
  std::string number;
  std::string state = "not started";
  std::string node;
  std::string reason;
  std::int64_t trials = 0;  // of the fullest attempt
  std::int64_t attempts = 0;
};

std::string first_line(const fs::path& path) {
  const std::string text = harness::read_text_file(path).value_or("");
  return text.substr(0, text.find('\n'));
}

Queue read_queue(const std::string& out) {
  Queue queue;
  std::set<std::string> arrays;
  std::set<std::string> merges;
  std::istringstream jobs(harness::read_text_file(out + "/slurm/jobs").value_or(""));
  for (std::string line; std::getline(jobs, line);) {
    std::istringstream fields(line);
    std::string array;
    std::string merge;
    fields >> array >> merge;
    arrays.insert(array);
    merges.insert(merge);
  }
  if (arrays.empty() || !harness::program_is_there("squeue")) return queue;
  harness::ProcessOptions command;
  command.command = {"squeue", "-h", "-r", "-o", "%F|%K|%T|%N|"};
  command.capture_bytes = std::size_t{16} << 20U;
  harness::Process squeue(std::move(command));
  queue.answers = squeue.wait_until(monotonic_ns() + 20 * kSecond) && squeue.succeeded();
  std::istringstream rows(squeue.out().text());
  for (std::string job, task, state, node, rest;
       std::getline(rows, job, '|') && std::getline(rows, task, '|') &&
       std::getline(rows, state, '|') && std::getline(rows, node, '|');
       std::getline(rows, rest)) {
    std::transform(state.begin(), state.end(), state.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    if (arrays.contains(job)) queue.shards[task] = {state, node};
    if (merges.contains(job)) queue.merge = {state, node};
  }
  return queue;
}

void count_attempts(const fs::path& folder, Shard& shard) {
  std::error_code none;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, none)) {
    if (!entry.is_directory()) continue;
    ++shard.attempts;
    const std::string journal =
        harness::read_text_file(entry.path() / "journal.jsonl").value_or("");
    shard.trials =
        std::max<std::int64_t>(shard.trials, std::count(journal.begin(), journal.end(), '\n'));
  }
}

Shard look_at(const std::string& out, const std::string& number, const Queue& queue) {
  Shard shard;
  shard.number = number;
  const fs::path folder = fs::path(out) / "shards" / number;
  count_attempts(folder, shard);
  const auto queued = queue.shards.find(number);
  if (fs::exists(folder / "done")) {
    shard.state = "done";
    if (!first_line(folder / "done").ends_with(" 0")) {
      shard.reason = "with failed trials, see reasons in trials.csv";
    }
  } else if (queued != queue.shards.end()) {
    shard.state = queued->second.state;
    shard.node = queued->second.node;
  } else if (fs::exists(folder / "failed")) {
    shard.state = "failed";
    shard.reason = first_line(folder / "failed");
  } else if (shard.attempts > 0) {
    shard.state = queue.answers ? "unfinished" : "begun";
  }
  return shard;
}

std::string number_in_script(const std::string& script, const std::string& key) {
  const std::size_t at = script.find("\n" + key + "=");
  if (at == std::string::npos) return "0";
  const std::size_t begin = at + key.size() + 2;
  return script.substr(begin, script.find('\n', begin) - begin);
}

std::string merge_state(const std::string& out, const Queue& queue) {
  const std::string outcome = first_line(out + "/slurm/outcome");
  if (!outcome.empty()) return outcome;
  if (!queue.merge.state.empty()) return queue.merge.state;
  return queue.answers ? "not in the queue: submit again, or run slurm/merge.sh" : "not yet";
}

void print_json(const std::string& out, const std::vector<Shard>& shards, const std::string& merge,
                const Queue& queue) {
  Json rows = Json::array();
  for (const Shard& shard : shards) {
    rows.push_back({{"shard", std::stoi(shard.number)},
                    {"state", shard.state},
                    {"node", shard.node},
                    {"trials", shard.trials},
                    {"attempts", shard.attempts},
                    {"reason", shard.reason}});
  }
  const Json status = {{"schema", 1},
                       {"out", out},
                       {"queue_answers", queue.answers},
                       {"shards", rows},
                       {"merge", merge}};
  fmt::print("{}\n", status.dump(2, ' ', false, Json::error_handler_t::replace));
}

void print_text(const std::vector<Shard>& shards, const std::string& merge) {
  fmt::print("{:>5}  {:<12} {:>7} {:>9}  {}\n", "shard", "state", "trials", "attempts", "node");
  std::map<std::string, int> counts;
  for (const Shard& shard : shards) {
    ++counts[shard.state];
    fmt::print("{:>5}  {:<12} {:>7} {:>9}  {}{}\n", shard.number, shard.state, shard.trials,
               shard.attempts, shard.node, shard.reason);
  }
  std::string summary;
  for (const auto& [state, count] : counts) summary += fmt::format("{} {}, ", count, state);
  fmt::print("{}merge: {}\n", summary, merge);
}

}  // namespace

void add_status_command(CLI::App& app, int& exit_code) {
  struct Options {
    std::string out;
    bool json = false;
  };
  const auto options = std::make_shared<Options>();
  CLI::App* command =
      app.add_subcommand("status", "how far a submission is: each shard, and the merge");
  command->footer(
      "Example: etude status results/max\n"
      "Exit: 0 done, or on its way; 1 a shard or the merge failed, or is in no queue; 2 bad "
      "input.");
  command->add_option("directory", options->out, "--out of etude submit")->required();
  command->add_flag("--json", options->json, "for programs");
  command->callback([options, &exit_code] {
    const auto script = harness::read_text_file(options->out + "/slurm/shard.sh");
    if (!script) {
      throw Error(options->out, "is no submission: it has no slurm/shard.sh",
                  "name the --out of etude submit");
    }
    const Queue queue = read_queue(options->out);
    std::vector<Shard> shards;
    const int count = std::stoi(number_in_script(*script, "shards"));
    for (int i = 1; i <= count; ++i) {
      shards.push_back(look_at(options->out, std::to_string(i), queue));
    }
    const std::string merge = merge_state(options->out, queue);
    if (options->json) {
      print_json(options->out, shards, merge, queue);
    } else {
      print_text(shards, merge);
    }
    if (merge.starts_with("failed") || merge.starts_with("not in")) exit_code = 1;
  });
}

}  // namespace etude::cli
