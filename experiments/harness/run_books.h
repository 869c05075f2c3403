// experiments/harness/run_books.h
//
// What a run keeps: its results directory, the identity that each record carries, the signals that
// end it, and its exit code. Shared by runs in blocks (campaign.h) and by rounds
// (rounds_campaign.h).
//
// Threads:   one.
// Ordering:  when keep() has returned true, the records are on the disk.
// Errors:    constructor: Error with nothing written. Later a full disk is said on stderr, becomes
//            the exit code kWorkFailed, and false is returned: the run is over.

#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>

#include "core/types.h"
#include "experiments/harness/interrupts.h"
#include "experiments/harness/outcome.h"
#include "experiments/harness/progress.h"
#include "experiments/harness/results_dir.h"

namespace etude::harness {

class RunBooks {
 public:
  // `overrides`: what env.json says of programs that stand in for ours.
  RunBooks(const std::string& out, const Suite& suite, const std::string& run_id,
           const std::string& overrides);

  // A table beyond the four of every run; gives its text anew each time the tables are written.
  void add_table(const std::string& name, std::function<std::string()> text);

  bool begin(Progress& progress);
  bool keep(std::span<const TrialRecord> records);
  void refresh_tables(Progress& progress);  // at most every 20 s
  void finish();                            // writes the tables a last time

  Interrupts& interrupts() { return interrupts_; }
  Journal& journal() { return results_.journal(); }
  const RunIdentity& identity() const { return identity_; }
  int exit_code() const { return exit_code_; }
  void set_exit_code(int code) { exit_code_ = code; }

 private:
  std::optional<std::string> write_tables() const;
  bool disk_refuses(const std::optional<std::string>& problem);

  // A file-size limit then reads as a full disk does, and a client that is gone before it was told
  // to begin as one that failed, instead of killing us half-way. Before any file is written.
  struct IgnoredSignals {
    IgnoredSignals();
  };

  IgnoredSignals ignored_;
  Interrupts interrupts_;  // before any child or thread is started
  Json environment_;
  RunIdentity identity_;
  ResultsDir results_;
  struct Table {
    std::string name;
    std::function<std::string()> text;
  };
  std::vector<Table> tables_;
  Nanos tables_due_ns_ = 0;
  int exit_code_ = 0;
};

}  // namespace etude::harness
