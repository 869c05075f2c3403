#include "experiments/harness/merge.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <map>
#include <optional>
#include <tuple>

#include "core/failure.h"
#include "core/stderr_text.h"
#include "experiments/harness/atomic_file.h"
#include "experiments/harness/campaign.h"
#include "experiments/harness/comparisons.h"
#include "experiments/harness/progress.h"
#include "experiments/harness/results_dir.h"

namespace etude::harness {
namespace {

namespace fs = std::filesystem;

struct Source {
  std::string path;
  Journal journal;
};

struct Piece {
  const Source* source;
  JournalEntry entry;
};

// What two copies of one record have in common. Simulated anew by another machine of an array job,
// it is the same but for that machine.
std::string content_of(const Piece& piece) {
  TrialRecord record = piece.source->journal.read(piece.entry);
  if (record.trial.source == "simulated") record.trial.env_id.clear();
  return record_line(record);
}

std::vector<Source> open_sources(const std::vector<std::string>& directories, const Json& suite) {
  std::vector<Source> sources;
  for (const std::string& path : directories) {
    if (suite_of(path).dump() != suite.dump()) {
      throw Error(
          path,
          fmt::format("is of another suite, seed or number of blocks than {}", directories.front()),
          "merge the shards of one run");
    }
    sources.push_back({path, Journal::open_read_only(path + "/journal.jsonl")});
  }
  return sources;
}

// Every trial once, in the plan's order. The same record in two places is one record.
std::vector<Piece> pieces_of(const std::vector<Source>& sources) {
  std::map<std::string, Piece> by_trial;
  for (const Source& source : sources) {
    for (const JournalEntry& entry : source.journal.entries()) {
      const Piece piece{&source, entry};
      const auto [there, is_new] = by_trial.try_emplace(entry.trial_id, piece);
      if (is_new || content_of(there->second) == content_of(piece)) continue;
      throw Error(source.path,
                  fmt::format("holds another record of trial {} than {}", entry.trial_id,
                              there->second.source->path),
                  "merge directories whose shards do not overlap");
    }
  }
  std::vector<Piece> pieces;
  for (const auto& [trial_id, piece] : by_trial) pieces.push_back(piece);
  std::sort(pieces.begin(), pieces.end(), [](const Piece& a, const Piece& b) {
    return std::tie(a.entry.block, a.entry.order, a.entry.attempt) <
           std::tie(b.entry.block, b.entry.order, b.entry.attempt);
  });
  return pieces;
}

std::optional<std::string> copy_environments(const std::vector<Source>& sources,
                                             ResultsDir& results) {
  for (const Source& source : sources) {
    for (const fs::directory_entry& file : fs::directory_iterator(source.path)) {
      const std::string name = file.path().filename().string();
      if (!name.starts_with("env") || !name.ends_with(".json")) continue;
      if (auto problem = results.keep_environment(read_json_file(file.path().string()))) {
        return problem;
      }
    }
  }
  return std::nullopt;
}

// Of a run by rounds: the same table that a run in one piece writes.
std::optional<std::string> write_comparisons(const Json& suite, const std::string& out,
                                             const SchedulerCheck& check_scheduler,
                                             const Journal& journal) {
  std::vector<TrialRecord> records;
  for (const JournalEntry& entry : journal.entries()) {
    records.push_back(journal.read(entry));
    if (records.back().trial.pair_id.empty()) records.pop_back();
  }
  if (records.empty()) return std::nullopt;
  const Suite parsed = parse_suite(suite, out + "/suite.json", {}, check_scheduler);
  RoundLog log(parsed, make_groups(parsed));
  for (const TrialRecord& record : records) log.add(record);
  AtomicFile file(out + "/comparisons.csv");
  file.append(comparisons_csv_header());
  for (const ComparisonRow& row : log.rows(run_id_of(parsed))) file.append(csv_line(row));
  return file.commit();
}

std::optional<std::string> write_merged(const std::vector<Source>& sources,
                                        const std::vector<Piece>& pieces, ResultsDir& results) {
  for (const Piece& piece : pieces) {
    if (results.journal().status_of(piece.entry.trial_id)) continue;  // an earlier merge's
    const TrialRecord record = piece.source->journal.read(piece.entry);
    if (auto problem = results.journal().append(record)) return problem;
  }
  if (auto problem = copy_environments(sources, results)) return problem;
  return results.write_tables();
}

}  // namespace

int merge_results(const std::vector<std::string>& directories, const std::string& out, bool quiet,
                  const SchedulerCheck& check_scheduler) {
  const Json suite = suite_of(directories.front());
  const std::vector<Source> sources = open_sources(directories, suite);
  const std::vector<Piece> pieces = pieces_of(sources);
  ResultsDir results = ResultsDir::open_or_create(out, suite);
  auto problem = write_merged(sources, pieces, results);
  if (!problem) problem = write_comparisons(suite, out, check_scheduler, results.journal());
  if (problem) {
    print_stderr("etude: {}; make room and run the same command again\n", *problem);
    return kWorkFailed;
  }
  Progress(talk_for_stderr(quiet), 0, 0)
      .says(fmt::format("{}: {} trials from {} directories", out, pieces.size(), sources.size()));
  return kDone;
}

}  // namespace etude::harness
