#include "experiments/harness/verdict_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <map>
#include <utility>

#include "experiments/harness/progress.h"
#include "experiments/harness/verdict_gather.h"

namespace etude::harness {
namespace {

using Rows = std::vector<const ComparisonRow*>;

constexpr std::array kMetricNames{"cpu", "throughput", "p50", "p99"};

template <typename Fits>
Rows filtered(const Rows& rows, Fits fits) {
  Rows kept;
  std::copy_if(rows.begin(), rows.end(), std::back_inserter(kept),
               [&](const ComparisonRow* row) { return fits(*row); });
  return kept;
}

std::string cut(std::string text, int columns) {
  const auto most = static_cast<std::size_t>(columns);
  if (text.size() <= most) return text;
  return text.substr(0, most - 3) + "...";
}

std::pair<double, double> span_of(const Rows& rows) {
  std::pair<double, double> span{rows.front()->ratio.value_or(1), rows.front()->ratio.value_or(1)};
  for (const ComparisonRow* row : rows) {
    span.first = std::min(span.first, row->ratio.value_or(1));
    span.second = std::max(span.second, row->ratio.value_or(1));
  }
  return span;
}

// "+8.2 % to +11.9 %", or one ratio with its interval.
std::string change_of(const Rows& rows) {
  if (rows.size() == 1) return change_text(*rows.front());
  const auto [least, most] = span_of(rows);
  return fmt::format("{} to {}", percent_text(least), percent_text(most));
}

class VerdictTable {
 public:
  VerdictTable(const std::vector<ComparisonRow>& all, const TableForm& form)
      : form_(form), gatherer_(all) {
    for (const ComparisonRow& row : all) (row.control.empty() ? asked_ : controls_).push_back(&row);
    if (asked_.empty()) std::swap(asked_, controls_);  // a run of controls alone asks about them
  }

  std::string text() {
    for (const char* metric : kMetricNames) add_decided(metric);
    add_undecided();
    add_cannot();
    add_controls();
    return shortened();
  }

 private:
  // The more is lost without a line, the lower its rank.
  enum class Rank { heading, finding, equivalent, undecided };
  struct Line {
    Rank rank;
    std::string text;
  };

  void add(Rank rank, const std::string& text) { lines_.push_back({rank, text}); }
  void add_decided(const std::string& metric);
  void add_findings(const Rows& rows);
  void add_equivalent(const Rows& rows);
  void add_undecided();
  void add_cannot();
  void add_controls();
  std::string aa_text(const Rows& rows) const;
  std::string shortened();
  std::string coloured(const std::string& word, std::size_t width) const;

  const TableForm form_;
  const Gatherer gatherer_;
  Rows asked_;
  Rows controls_;
  std::vector<Line> lines_;
};

void VerdictTable::add_decided(const std::string& metric) {
  const Rows rows = filtered(asked_, [&](const auto& row) { return row.metric == metric; });
  const Rows differ = filtered(rows, [](const auto& row) { return row.verdict == "differs"; });
  const Rows equal = filtered(rows, [](const auto& row) { return row.verdict == "equivalent"; });
  if (differ.empty() && equal.empty()) return;
  std::set<std::string> baselines;
  for (const ComparisonRow* row : rows) baselines.insert(level_text(row->baseline));
  std::string noun = metric_noun(metric);
  noun.front() = static_cast<char>(std::toupper(static_cast<unsigned char>(noun.front())));
  add(Rank::heading, fmt::format("{} against {}: {} of {} differ, {} equivalent", noun,
                                 joined(baselines), differ.size(), rows.size(), equal.size()));
  add_findings(differ);
  add_equivalent(equal);
}

// The largest change first.
void VerdictTable::add_findings(const Rows& rows) {
  if (rows.empty()) return;
  constexpr std::array kFew{Apart::connections};
  constexpr std::array kMany{Apart::connections, Apart::load, Apart::setting};
  std::vector<GatheredRows> entries = gatherer_.gather(rows, kFew);
  if (entries.size() > static_cast<std::size_t>(form_.lines_max) / 2) {
    entries = gatherer_.gather(rows, kMany);
  }
  const auto size = [](const GatheredRows& entry) {
    const auto [least, most] = span_of(entry.rows);
    return std::max(most, 1 / least);
  };
  std::stable_sort(entries.begin(), entries.end(),
                   [&](const auto& a, const auto& b) { return size(a) > size(b); });
  std::array<std::size_t, 3> widths{};
  std::vector<std::array<std::string, 4>> cells;
  for (const GatheredRows& entry : entries) {
    const ComparisonRow& first = *entry.rows.front();
    cells.push_back({verdict_word(first), candidate_text(first), change_of(entry.rows),
                     gatherer_.where(entry)});
    for (std::size_t i = 0; i < widths.size(); ++i) {
      widths[i] = std::max(widths[i], cells.back()[i].size());
    }
  }
  for (const auto& [word, candidate, change, where] : cells) {
    const std::string rest =
        fmt::format("  {:{}}  {:{}}  {}", candidate, widths[1], change, widths[2], where);
    const int left = form_.columns - 2 - static_cast<int>(widths[0]);
    add(Rank::finding, "  " + coloured(word, widths[0]) + cut(rest, left));
  }
}

void VerdictTable::add_equivalent(const Rows& rows) {
  constexpr std::array kAlong{Apart::connections, Apart::load, Apart::setting, Apart::candidate};
  for (const GatheredRows& entry : gatherer_.gather(rows, kAlong)) {
    const ComparisonRow& first = *entry.rows.front();
    const auto& candidates = entry.apart[static_cast<std::size_t>(Apart::candidate)];
    const std::string within =
        first.margin ? fmt::format(" within {:g} %", 100 * *first.margin) : "";
    add(Rank::equivalent, cut(fmt::format("  equivalent{}: {}; {}", within, joined(candidates),
                                          gatherer_.where(entry)),
                              form_.columns));
  }
}

void VerdictTable::add_undecided() {
  const Rows rows = filtered(asked_, [](const auto& row) { return row.verdict == "undecided"; });
  if (rows.empty()) return;
  double seconds = 0;
  for (const ComparisonRow* row : rows) seconds += row->seconds_more.value_or(0);
  add(Rank::heading,
      cut(fmt::format("Undecided: {} of {}{}", rows.size(), asked_.size(),
                      seconds > 0 ? ", about " + duration_text(seconds) + " more" : ""),
          form_.columns));
  constexpr std::array kAlong{Apart::connections, Apart::load, Apart::setting, Apart::candidate};
  for (const GatheredRows& entry : gatherer_.gather(rows, kAlong)) {
    const ComparisonRow& first = *entry.rows.front();
    std::string takes = what_it_takes(first);
    if (entry.rows.size() > 1 && first.pairs_more.value_or(0) > 0 && first.pairs > 0) {
      std::int64_t most = 0;
      for (const ComparisonRow* row : entry.rows)
        most = std::max(most, row->pairs_more.value_or(0));
      takes = fmt::format("up to {} more pairs each", most);
    }
    const auto& candidates = entry.apart[static_cast<std::size_t>(Apart::candidate)];
    add(Rank::undecided, cut(fmt::format("  {}, {}; {}: {}", first.metric, joined(candidates),
                                         gatherer_.where(entry), takes),
                             form_.columns));
  }
}

void VerdictTable::add_cannot() {
  std::map<std::string, int> counts;
  int all = 0;
  for (const ComparisonRow* row : asked_) {
    if (row->verdict != "cannot") continue;
    ++counts[row->needs];
    ++all;
  }
  if (all == 0) return;
  add(Rank::heading, fmt::format("Cannot be asked on this machine: {} of {}", all, asked_.size()));
  for (const auto& [needs, count] : counts) {
    add(Rank::undecided, cut(fmt::format("  {}: {}", count, needs), form_.columns));
  }
}

std::string VerdictTable::aa_text(const Rows& rows) const {
  const auto count = [&](const char* verdict) {
    return filtered(rows, [&](const auto& row) { return row.verdict == verdict; }).size();
  };
  std::string text =
      fmt::format("{} twice: {} of {} equivalent", level_text(rows.front()->baseline),
                  count("equivalent"), rows.size());
  if (const auto moved = count("differs")) {
    text += fmt::format(", {} moved and void the comparisons beside {}", moved,
                        moved == 1 ? "it" : "them");
  }
  return text;
}

void VerdictTable::add_controls() {
  const Rows aa = filtered(controls_, [](const auto& row) { return row.control == "aa"; });
  const Rows bare = filtered(controls_, [](const auto& row) {
    return row.control == "bare" && row.ratio && row.metric == "cpu";
  });
  if (aa.empty() && bare.empty()) return;
  std::string text = "Controls: ";
  if (!aa.empty()) text += aa_text(aa);
  if (!bare.empty()) {
    text += fmt::format("{}bare server, CPU: {}", aa.empty() ? "" : "; ", change_of(bare));
  }
  add(Rank::heading, cut(text, form_.columns));
}

// Without the least telling lines until it fits, and with their number.
std::string VerdictTable::shortened() {
  const auto most = static_cast<std::size_t>(form_.lines_max);
  std::size_t left_out = 0;
  for (const Rank rank : {Rank::undecided, Rank::equivalent, Rank::finding}) {
    for (std::size_t i = lines_.size(); i-- > 0;) {
      if (lines_.size() + (left_out > 0 ? 1 : 0) <= most) break;
      if (lines_[i].rank != rank) continue;
      lines_.erase(lines_.begin() + static_cast<std::ptrdiff_t>(i));
      ++left_out;
    }
  }
  std::string text;
  for (const Line& line : lines_) text += line.text + "\n";
  if (left_out > 0) text += fmt::format("... and {} more lines: see comparisons.csv\n", left_out);
  return text;
}

std::string VerdictTable::coloured(const std::string& word, std::size_t width) const {
  std::string padded = fmt::format("{:{}}", word, width);
  if (!form_.colour) return padded;
  const bool worse = word == "dearer" || word == "slower" || word == "higher";
  return fmt::format("\x1b[{}m{}\x1b[0m", worse ? 31 : 32, padded);
}

}  // namespace

std::string verdict_table(const std::vector<ComparisonRow>& rows, const TableForm& form) {
  if (rows.empty()) return "nothing was compared\n";
  return VerdictTable(rows, form).text();
}

}  // namespace etude::harness
