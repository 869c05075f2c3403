#include "experiments/harness/results_dir.h"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <utility>

#include "core/failure.h"
#include "experiments/harness/atomic_file.h"

namespace etude::harness {
namespace {

namespace fs = std::filesystem;

std::optional<std::string> write_json(const std::string& path, const Json& json) {
  AtomicFile file(path);
  file.append(json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
  return file.commit();
}

// In what the two suites differ, for the complaint: the first key, both ways, and within a
// section the first of its keys.
std::string first_difference(const Json& there, const Json& asked) {
  for (const Json* side : {&asked, &there}) {
    for (const auto& [key, value] : side->items()) {
      if (!there.contains(key)) return fmt::format("\"{}\" is new", key);
      if (!asked.contains(key)) return fmt::format("\"{}\" is gone", key);
      if (there[key] == asked[key]) continue;
      if (there[key].is_object() && asked[key].is_object()) {
        return fmt::format("in \"{}\", {}", key, first_difference(there[key], asked[key]));
      }
      if (there[key].is_primitive() && asked[key].is_primitive()) {
        return fmt::format("its \"{}\" is {}, not {}", key, there[key].dump(), asked[key].dump());
      }
      return fmt::format("its \"{}\" differ", key);
    }
  }
  return "the order of its keys differs";
}

void refuse_other_suite(const std::string& path, const Json& asked) {
  const Json there = suite_of(path);
  if (there.dump() == asked.dump()) return;
  throw Error(path,
              fmt::format("holds results of another suite: {}", first_difference(there, asked)),
              "choose another --out, or give the suite, seed and blocks it was begun with");
}

// What a harness killed during its first moments may leave: no result yet, nobody's file.
bool is_ours_and_empty(const fs::directory_entry& entry) {
  const std::string name = entry.path().filename().string();
  return name == "suite.json.tmp" ||
         (name == "journal.jsonl" && entry.is_regular_file() && entry.file_size() == 0);
}

void refuse_foreign_directory(const std::string& path) {
  for (const fs::directory_entry& entry : fs::directory_iterator(path)) {
    if (is_ours_and_empty(entry)) continue;
    throw Error(
        path,
        fmt::format("is no results directory, but holds {}", entry.path().filename().string()),
        "choose a new or empty directory for --out");
  }
}

std::string suite_path(const std::string& path) { return path + "/suite.json"; }

}  // namespace

Json suite_of(const std::string& path) {
  if (!fs::exists(suite_path(path))) {
    throw Error(path, "is no results directory: it has no suite.json",
                "name a directory that etude run or etude sim wrote");
  }
  return read_json_file(suite_path(path));
}

ResultsDir::ResultsDir(std::string path, Journal journal)
    : path_(std::move(path)), journal_(std::move(journal)) {}

ResultsDir ResultsDir::open_or_create(const std::string& path, const Json& suite_as_run) {
  std::error_code failed;
  fs::create_directories(path, failed);
  if (failed) {
    throw Error(path, fmt::format("cannot be made: {}", failed.message()), "choose another --out");
  }
  if (fs::exists(suite_path(path))) {
    refuse_other_suite(path, suite_as_run);
  } else {
    refuse_foreign_directory(path);
  }
  ResultsDir results(path, Journal::open(path + "/journal.jsonl"));
  // Looked at again under the lock: another harness may have begun here a moment ago.
  if (fs::exists(suite_path(path))) {
    refuse_other_suite(path, suite_as_run);
  } else if (auto problem = write_json(suite_path(path), suite_as_run)) {
    throw Error(path, *problem, "make room, or choose another --out");
  }
  return results;
}

std::optional<std::string> ResultsDir::keep_environment(const Json& environment) {
  const std::string first = path_ + "/env.json";
  const std::string env_id = environment.at("env_id").get<std::string>();
  if (!fs::exists(first)) return write_json(first, environment);
  if (read_json_file(first).value("env_id", "") == env_id) return std::nullopt;
  return write_json(fmt::format("{}/env-{}.json", path_, env_id), environment);
}

std::optional<std::string> ResultsDir::write_tables() const {
  AtomicFile trials(path_ + "/trials.csv");
  AtomicFile workers(path_ + "/workers.csv");
  AtomicFile windows(path_ + "/windows.csv");
  AtomicFile hist(path_ + "/hist.csv");
  AtomicFile classes(path_ + "/classes.csv");
  trials.append(trials_csv_header());
  workers.append(workers_csv_header());
  windows.append(windows_csv_header());
  hist.append(hist_csv_header());
  classes.append(classes_csv_header());
  journal_.for_each_in_plan_order([&](const TrialRecord& record) {
    trials.append(csv_line(record.trial));
    for (const WorkerRow& row : record.workers) workers.append(csv_line(row));
    for (const WindowRow& row : record.windows) windows.append(csv_line(row));
    for (const HistRow& row : record.hist) hist.append(csv_line(row));
    for (const ClassRow& row : record.classes) classes.append(csv_line(row));
  });
  for (AtomicFile* file : {&workers, &windows, &hist, &classes, &trials}) {
    if (auto problem = file->commit()) return problem;
  }
  return std::nullopt;
}

}  // namespace etude::harness
