// experiments/cli/compare_output.h
//
// What `etude compare` shows: intervals that renew themselves while it measures, a verdict a line
// at the end, and the same as JSON.
//
// Threads: one at a time.
// Limits:  while it measures on a terminal, no line is wider than that, and no block higher.

#pragma once

#include <map>
#include <string>
#include <vector>

#include "experiments/harness/progress.h"
#include "experiments/harness/rounds_campaign.h"

namespace etude::cli {

enum class Stage { measuring, ended };

// "server CPU per request against fifo: plaintext x16, 256 connections, 1 server core, duet"
std::string compare_heading(const std::vector<harness::ComparisonRow>& rows);

// "  work-stealing  +1.0 % [+0.4, +1.6]  dearer (12 pairs)", in columns, one for each row.
std::vector<std::string> compare_lines(const std::vector<harness::ComparisonRow>& rows,
                                       Stage stage);

// Talks on stderr: on a terminal a block of lines that renews itself and is gone at the end, else a
// line for each comparison of a finished round, nothing when quiet.
class LiveComparison {
 public:
  explicit LiveComparison(harness::Talk talk) : talk_(talk) {}
  void operator()(const harness::RoundNews& news);

 private:
  void begin(const harness::RoundNews& news);
  void renew_block(const harness::RoundNews& news);
  void erase_block();
  void say_round(const harness::RoundNews& news);

  const harness::Talk talk_;
  bool begun_ = false;
  std::size_t block_lines_ = 0;
  std::map<std::string, std::int64_t> pairs_said_;  // by comparison
};

struct CompareOutcome {
  const std::vector<harness::ComparisonRow>& rows;
  std::string out;
  double budget_s = 0;
  double spent_s = 0;
  std::string fail_if;  // as typed; "": none
  int exit_code = 0;
};
std::string compare_json(const CompareOutcome& outcome);

}  // namespace etude::cli
