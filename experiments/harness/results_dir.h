// experiments/harness/results_dir.h
//
// A results directory: suite.json, env.json, journal.jsonl and the tables derived from it. A
// directory belongs to one suite, seed and number of blocks; it is resumed by the same and
// refused, unchanged, to any other.
//
// Threads:   one at a time; the journal's lock keeps other processes out.
// Errors:    open_or_create(): Error, with nothing written. Later, a problem with the disk is
//            returned as text: what is finished stays.

#pragma once

#include <optional>
#include <string>

#include "experiments/harness/checked_json.h"
#include "experiments/harness/journal.h"

namespace etude::harness {

class ResultsDir {
 public:
  // Makes the directory, or resumes one of the same suite.
  static ResultsDir open_or_create(const std::string& path, const Json& suite_as_run);

  const std::string& path() const { return path_; }
  Journal& journal() { return journal_; }

  // Writes env.json. When an earlier part of the run had another environment (a new build, another
  // machine), that one stays and this one becomes env-<env_id>.json; trials name theirs.
  [[nodiscard]] std::optional<std::string> keep_environment(const Json& environment);

  // Rewrites trials.csv, workers.csv, windows.csv, hist.csv and classes.csv from the journal.
  [[nodiscard]] std::optional<std::string> write_tables() const;

 private:
  ResultsDir(std::string path, Journal journal);

  std::string path_;
  Journal journal_;
};

// suite.json of an existing results directory; Error when there is none.
Json suite_of(const std::string& path);

}  // namespace etude::harness
