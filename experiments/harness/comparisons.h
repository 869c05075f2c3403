// experiments/harness/comparisons.h
//
// comparisons.csv: one row for each comparison and metric, with its ratio, its intervals and its
// verdict. Derived from the journal alone, so that a resumed run decides as the first one did.
//
// Threads: any; values.
// Limits:  an absent value is an empty field.
// Source:  inference: sequential.h. Which rounds count: gates.h.

#pragma once

#include <string>
#include <vector>

#include "experiments/harness/group.h"
#include "experiments/harness/record.h"

namespace etude::harness {

enum class VerdictWord : std::uint8_t { differs, equivalent, undecided, cannot };

struct ComparisonRow {
  std::int64_t schema = 1;
  std::string run_id;
  std::string comparison_id;
  std::string design;
  std::string design_reason;
  std::string metric;  // cpu | throughput | p50 | p99
  std::string column;  // of trials.csv
  std::string control;  // aa | bare | ""
  std::string factor;
  std::string baseline;
  std::string candidate;
  std::string baseline_cell_id;
  std::string candidate_cell_id;
  std::string workload;
  std::int64_t connections = 0;
  std::int64_t pipeline = 1;
  std::string mode;
  std::string arrival;
  Real rate_target_rps;
  std::int64_t cores = 1;
  Count threads_per_core;
  std::string acceptor;
  std::string placement;
  std::int64_t pairs = 0;       // valid rounds
  std::int64_t pairs_void = 0;  // rounds that give no ratio, see void_reasons
  Real ratio;                   // geometric mean of candidate / baseline
  Real low, high;               // 95 % t interval
  Real decision_low, decision_high;  // valid under repeated looks and the family
  Real sd_log;                       // of one round's log-ratio
  Real margin;
  Real floor;  // |log-ratio| that an A/A pair reaches over as many rounds; absent without one
  Real p_differs, p_equivalent;  // valid at every look, before the family
  std::int64_t family = 1;
  std::string verdict;    // differs | equivalent | undecided | cannot
  std::string direction;  // cheaper | dearer | faster | slower | lower | higher | ""
  std::string reason;
  Count pairs_more;  // undecided: about what it would take
  Real seconds_more;
  std::string needs;         // cannot: what this machine lacks
  std::string void_reasons;  // "reason (n); reason (n)"
};

std::string comparisons_csv_header();
std::string csv_line(const ComparisonRow& row);

// Whether a metric's lower values are the better ones, and the word for candidate / baseline.
std::string direction_word(Metric metric, double ratio);

// The finished rounds of a run, and what they say so far.
class RoundLog {
 public:
  RoundLog(const Suite& suite, std::vector<Group> groups);

  const std::vector<Group>& groups() const { return groups_; }

  // One trial of a round, in any order; those of other designs are passed over. A round counts when
  // all its sides are there.
  void add(const TrialRecord& record);

  std::uint32_t rounds_finished(std::size_t group) const;
  // Wall time of all finished rounds together, of every group, and of one group's round on average.
  double spent_s() const { return spent_s_; }
  double mean_round_s(std::size_t group) const;

  // Each comparison in each of its metrics, in the order of the groups, judged as one family per
  // metric.
  std::vector<ComparisonRow> rows(const std::string& run_id) const;

 private:
  struct Round;
  struct History;
  const Suite& suite_;
  std::vector<Group> groups_;
  std::vector<History> histories_;
  double spent_s_ = 0;
};

}  // namespace etude::harness
