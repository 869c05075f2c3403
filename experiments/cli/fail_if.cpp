#include "experiments/cli/fail_if.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <string_view>

#include "core/failure.h"
#include "experiments/harness/checked_json.h"

namespace etude::cli {
namespace {

using harness::ComparisonRow;

// How much worse than its baseline a ratio is; negative: better.
double worse_by(const std::string& metric, double ratio) {
  return metric == "throughput" ? 1 - ratio : ratio - 1;
}

double change_that_counts(const FailIf& condition, const std::string& metric, double ratio) {
  const double worse = worse_by(metric, ratio);
  return condition.kind == FailIf::Kind::differs ? std::max(worse, -worse) : worse;
}

bool is_shown(const FailIf& condition, const ComparisonRow& row) {
  return row.verdict == "differs" && row.ratio &&
         change_that_counts(condition, row.metric, *row.ratio) > condition.size;
}

// Where its A/A control moves, nothing is concluded.
bool control_moved(const ComparisonRow& row, const std::vector<ComparisonRow>& rows) {
  return std::any_of(rows.begin(), rows.end(), [&](const ComparisonRow& other) {
    return other.control == "aa" && row.control != "aa" && other.verdict == "differs" &&
           other.metric == row.metric && other.baseline_cell_id == row.baseline_cell_id;
  });
}

bool is_open(const FailIf& condition, const ComparisonRow& row) {
  if (row.verdict == "differs" || row.verdict == "equivalent") return false;
  if (!row.decision_low || !row.decision_high) return true;
  return std::max(change_that_counts(condition, row.metric, *row.decision_low),
                  change_that_counts(condition, row.metric, *row.decision_high)) > condition.size;
}

void check_kind(const std::string& text, const std::string& kind, const std::string& metric) {
  const std::vector<std::string_view> kinds{"slower", "worse", "dearer", "higher", "differs"};
  const std::string option = fmt::format("--fail-if {}", text);
  if (std::find(kinds.begin(), kinds.end(), kind) == kinds.end()) {
    throw Error(option,
                fmt::format("'{}' is no condition{}", kind, harness::nearest_hint(kind, kinds)),
                fmt::format("use one of {}, as in slower:2%", harness::listed(kinds)));
  }
  const bool latency = metric == "p50" || metric == "p99";
  if ((kind == "dearer" && metric != "cpu") || (kind == "higher" && !latency)) {
    throw Error(option, fmt::format("is not a word for --metric {}", metric),
                "write worse, or judge another metric");
  }
}

}  // namespace

double parse_share(const std::string& option, const std::string& text) {
  double percent = 0;
  const char* const end = text.data() + text.size();
  const auto [used, error] = std::from_chars(text.data(), end, percent);
  const bool whole = error == std::errc() && std::string_view(used, end) == "%";
  if (!whole || !(percent >= 0.1) || percent > 100) {
    throw Error(option, fmt::format("'{}' is no share from 0.1% to 100%", text), "write it as 2%");
  }
  return percent / 100;
}

FailIf parse_fail_if(const std::string& text, const std::string& metric) {
  const std::size_t colon = text.find(':');
  const std::string kind = text.substr(0, colon);
  check_kind(text, kind, metric);
  FailIf condition;
  if (kind == "differs") condition.kind = FailIf::Kind::differs;
  if (colon != std::string::npos) {
    condition.size = parse_share(fmt::format("--fail-if {}", text), text.substr(colon + 1));
  }
  return condition;
}

int judge(const FailIf& condition, const std::vector<ComparisonRow>& rows) {
  const bool asks_the_control =
      std::all_of(rows.begin(), rows.end(), [](const auto& row) { return row.control == "aa"; });
  int code = 0;
  for (const ComparisonRow& row : rows) {
    if (row.control == "aa" && !asks_the_control) continue;
    if (is_shown(condition, row)) return kConditionShown;
    if (is_open(condition, row) || control_moved(row, rows)) code = kConditionOpen;
  }
  return code;
}

}  // namespace etude::cli
