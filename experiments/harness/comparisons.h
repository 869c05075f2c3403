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

struct Evidence;  // sequential.h
struct Judged;

// The finished rounds of a run, and what they say so far.
class RoundLog {
 public:
  RoundLog(const Suite& suite, std::vector<Group> groups);
  ~RoundLog();

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
  struct Series;
  struct History;
  void count_round(std::size_t group, const std::vector<TrialRecord>& sides);
  ComparisonRow row_of(const Series& series, const std::string& run_id) const;
  void judge_rows(Metric metric, Control control, std::vector<ComparisonRow>& rows) const;
  void fill_verdict(const Evidence& evidence, const Judged& judged, const Series& series,
                    ComparisonRow& row) const;
  void void_where_control_moves(std::vector<ComparisonRow>& rows) const;

  const Suite& suite_;
  const std::vector<Group> groups_;
  std::vector<Series> series_;
  std::vector<History> histories_;
  double spent_s_ = 0;
};

}  // namespace etude::harness
