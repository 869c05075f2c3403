#include "experiments/harness/comparisons.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "experiments/harness/sequential.h"

namespace etude::harness {
namespace {

std::string_view control_name(Control control) {
  switch (control) {
    case Control::aa:
      return "aa";
    case Control::bare:
      return "bare";
    case Control::none:
      break;
  }
  return "";
}

std::string size_text(double log_ratio) { return fmt::format("{:.1f} %", 100 * log_ratio); }

// The scheduler that both sides have; "" where it is what differs, or a side has none.
std::string shared_scheduler(const Cell& baseline, const Cell& candidate) {
  const auto scheduler = std::find_if(factors().begin(), factors().end(), [](const Factor& factor) {
    return factor.name == "scheduler";
  });
  const std::string text = scheduler->text(baseline);
  return text == scheduler->text(candidate) ? text : "";
}

}  // namespace

// One comparison in one metric, over the finished rounds.
struct RoundLog::Series {
  std::size_t group = 0;
  std::size_t comparison = 0;
  Metric metric = Metric::cpu;
  std::vector<double> log_ratios;           // of valid rounds, in their order
  std::vector<double> drifts;               // of the ratio of rates, within each of them
  std::map<std::string, int> void_reasons;  // how many rounds each took
  std::int64_t rounds_void = 0;
  Real rate_rps;  // of the latest round: a share of the capacity is known by then
};

// The rounds of one group. A round is kept until all its sides are there, under its pair_id, so
// that two attempts at it do not mix.
struct RoundLog::History {
  std::map<std::string, std::vector<TrialRecord>> partial;
  std::uint32_t finished = 0;
  double spent_s = 0;
};

RoundLog::RoundLog(const Suite& suite, std::vector<Group> groups)
    : suite_(suite), groups_(std::move(groups)), histories_(groups_.size()) {
  for (std::size_t g = 0; g < groups_.size(); ++g) {
    for (const Metric metric : groups_[g].metrics) {
      for (std::size_t c = 0; c < groups_[g].comparisons.size(); ++c) {
        Series series;
        series.group = g;
        series.comparison = c;
        series.metric = metric;
        series_.push_back(std::move(series));
      }
    }
  }
}

RoundLog::~RoundLog() = default;

void RoundLog::add(const TrialRecord& record) {
  const TrialRow& trial = record.trial;
  if (trial.pair_id.empty()) return;
  for (std::size_t g = 0; g < groups_.size(); ++g) {
    if (!trial.pair_id.starts_with(groups_[g].id + "-r")) continue;
    std::vector<TrialRecord>& sides = histories_[g].partial[trial.pair_id];
    sides.push_back(record);
    if (sides.size() < groups_[g].cells.size()) return;
    count_round(g, sides);
    histories_[g].partial.erase(trial.pair_id);
    return;
  }
}

void RoundLog::count_round(std::size_t g, const std::vector<TrialRecord>& sides) {
  const Group& group = groups_[g];
  const auto side_of = [&](std::size_t cell) -> const TrialRecord* {
    const auto found = std::find_if(sides.begin(), sides.end(), [&](const TrialRecord& side) {
      return side.trial.cell_id == group.cells[cell].cell_id;
    });
    return found == sides.end() ? nullptr : &*found;
  };
  ++histories_[g].finished;
  const double round_s = sides.front().trial.round_s.value_or(0);
  histories_[g].spent_s += round_s;
  spent_s_ += round_s;
  for (Series& series : series_) {
    if (series.group != g) continue;
    const Comparison& comparison = group.comparisons[series.comparison];
    const TrialRecord* const baseline = side_of(comparison.baseline);
    const TrialRecord* const candidate = side_of(comparison.candidate);
    if (baseline == nullptr || candidate == nullptr) continue;
    series.rate_rps = baseline->trial.rate_target_rps;
    const TrialRecord* const pair[] = {baseline, candidate};
    std::vector<std::string> reasons = void_reasons(pair, series.metric, group.design);
    const Real first = metric_value(baseline->trial, series.metric);
    const Real second = metric_value(candidate->trial, series.metric);
    if (reasons.empty() && !(first && second && *first > 0 && *second > 0)) {
      reasons.emplace_back("not measured on both sides");
    }
    for (const std::string& reason : reasons) ++series.void_reasons[reason];
    if (reasons.empty()) {
      series.log_ratios.push_back(std::log(*second / *first));
      if (const auto drift = ratio_drift(*baseline, *candidate)) series.drifts.push_back(*drift);
    } else {
      ++series.rounds_void;
    }
  }
}

std::uint32_t RoundLog::rounds_finished(std::size_t group) const {
  return histories_[group].finished;
}

double RoundLog::mean_round_s(std::size_t group) const {
  const History& history = histories_[group];
  return history.finished == 0 ? 0 : history.spent_s / history.finished;
}

ComparisonRow RoundLog::row_of(const Series& series, const std::string& run_id) const {
  const Group& group = groups_[series.group];
  const Comparison& comparison = group.comparisons[series.comparison];
  const GroupCell& baseline = group.cells[comparison.baseline];
  const GroupCell& candidate = group.cells[comparison.candidate];
  const Cell& cell = baseline.cell;
  ComparisonRow row;
  row.run_id = run_id;
  row.comparison_id = comparison.id;
  row.design = design_name(group.design);
  row.design_reason = group.design_reason;
  row.metric = metric_name(series.metric);
  row.column = metric_column(series.metric, cell.arrival != "closed");
  row.control = control_name(comparison.control);
  row.factor = group.factor;
  row.baseline = baseline.level;
  row.candidate = candidate.level;
  row.baseline_cell_id = baseline.cell_id;
  row.candidate_cell_id = candidate.cell_id;
  row.workload = cell.workload.name;
  row.connections = cell.connections;
  row.pipeline = cell.pipeline;
  row.mode = cell.mode;
  row.arrival = cell.arrival;
  row.rate_target_rps = cell.rate_rps ? cell.rate_rps : series.rate_rps;
  row.cores = cell.cores;
  if (cell.subject.kind == SubjectKind::etude) {
    row.threads_per_core = cell.threads_per_core;
    row.acceptor = cell.acceptor;
  }
  row.placement = placement_text(cell.placement);
  row.scheduler = shared_scheduler(cell, candidate.cell);
  row.pairs = static_cast<std::int64_t>(series.log_ratios.size());
  row.pairs_void = series.rounds_void;
  row.margin = suite_.comparing.margin_of(series.metric);
  row.needs = group.needs;
  for (const auto& [reason, count] : series.void_reasons) {
    row.void_reasons +=
        fmt::format("{}{} ({})", row.void_reasons.empty() ? "" : "; ", reason, count);
  }
  return row;
}

std::vector<ComparisonRow> RoundLog::rows(const std::string& run_id) const {
  std::vector<ComparisonRow> rows;
  for (const Series& series : series_) rows.push_back(row_of(series, run_id));
  for (const Metric metric : {Metric::cpu, Metric::throughput, Metric::p50, Metric::p99}) {
    // Controls are families of their own: they must not cost the questions any power.
    for (const Control control : {Control::aa, Control::bare, Control::none}) {
      judge_rows(metric, control, rows);
    }
  }
  void_where_control_moves(rows);
  return rows;
}

void RoundLog::judge_rows(Metric metric, Control control, std::vector<ComparisonRow>& rows) const {
  const Comparing& comparing = suite_.comparing;
  const StoppingRule rule{.margin = comparing.margin_of(metric),
                          .pairs_min = comparing.pairs_min,
                          .pairs_max = comparing.pairs_max};
  std::vector<std::size_t> members;
  std::vector<double> aa_logs;
  for (std::size_t i = 0; i < series_.size(); ++i) {
    const Series& series = series_[i];
    if (series.metric != metric) continue;
    const Group& group = groups_[series.group];
    const Control found = group.comparisons[series.comparison].control;
    if (found == Control::aa) {
      aa_logs.insert(aa_logs.end(), series.log_ratios.begin(), series.log_ratios.end());
    }
    if (found == control && group.needs.empty()) members.push_back(i);
    if (!group.needs.empty()) rows[i].verdict = "cannot";
  }
  std::vector<Evidence> family;
  std::vector<double> floors;
  for (const std::size_t i : members) {
    const std::vector<double>& logs = series_[i].log_ratios;
    family.push_back(weigh(logs, rule));
    // The control itself has no floor: it is what the floor is made of.
    const bool has_floor = control != Control::aa && aa_logs.size() >= 3 && !logs.empty();
    floors.push_back(has_floor ? aa_floor(aa_logs, static_cast<std::uint32_t>(logs.size())) : 0);
    if (has_floor) rows[i].floor = floors.back();
  }
  const std::vector<Judged> judged = judge_family(family, floors, rule);
  for (std::size_t k = 0; k < members.size(); ++k) {
    const std::size_t i = members[k];
    rows[i].family = static_cast<std::int64_t>(members.size());
    fill_verdict(family[k], judged[k], series_[i], rows[i]);
  }
}

void RoundLog::fill_verdict(const Evidence& evidence, const Judged& judged, const Series& series,
                            ComparisonRow& row) const {
  const auto ratio = [](double log_ratio) -> Real {
    if (!std::isfinite(log_ratio)) return std::nullopt;
    return std::exp(log_ratio);
  };
  if (evidence.pairs > 0) row.ratio = ratio(evidence.mean_log);
  row.low = ratio(evidence.low_log);
  row.high = ratio(evidence.high_log);
  row.decision_low = ratio(judged.decision_low_log);
  row.decision_high = ratio(judged.decision_high_log);
  if (evidence.pairs > 1) row.sd_log = evidence.sd_log;
  row.p_differs = evidence.p_differs;
  row.p_equivalent = evidence.p_equivalent;
  switch (judged.decision) {
    case Decision::differs:
      row.verdict = "differs";
      row.direction = direction_word(series.metric, *row.ratio);
      return;
    case Decision::equivalent:
      row.verdict = "equivalent";
      break;
    case Decision::open:
      row.verdict = "undecided";
      break;
  }
  // Rates that have not settled may be equal in the middle of their way alone.
  if (series.metric == Metric::throughput) row.reason = drift_reason(series.drifts);
  if (!row.reason.empty()) {
    row.verdict = "undecided";
    return;
  }
  if (judged.decision == Decision::equivalent) return;
  if (judged.pairs_more > 0) {
    row.pairs_more = judged.pairs_more;
    row.seconds_more = judged.pairs_more * mean_round_s(series.group);
  }
  if (evidence.pairs < suite_.comparing.pairs_min) {
    row.reason =
        fmt::format("{} valid pairs of the {} needed", evidence.pairs, suite_.comparing.pairs_min);
  } else if (row.floor && std::abs(evidence.mean_log) < *row.floor) {
    row.reason = fmt::format("under the {} that an A/A pair reaches", size_text(*row.floor));
  } else {
    row.reason = "the interval holds 1 and values beyond the margin";
  }
}

// A pair of equal servers that differs says that something else moves its ratio.
void RoundLog::void_where_control_moves(std::vector<ComparisonRow>& rows) const {
  for (const ComparisonRow& control : rows) {
    if (control.control != "aa" || control.verdict != "differs") continue;
    for (ComparisonRow& row : rows) {
      if (row.control == "aa" || row.baseline_cell_id != control.baseline_cell_id) continue;
      if (row.metric != control.metric || row.design != control.design) continue;
      if (row.verdict == "cannot") continue;
      row.verdict = "undecided";
      row.direction.clear();
      row.reason = fmt::format("the A/A control moved by {:+.1f} %", 100 * (*control.ratio - 1));
    }
  }
}

}  // namespace etude::harness
