#include "experiments/harness/verdict_words.h"

#include <fmt/format.h>

#include <cmath>

#include "experiments/harness/progress.h"

namespace etude::harness {
namespace {

// Without a sign in front of what rounds to nothing.
std::string signed_percent(double ratio) {
  const double percent = 100 * (ratio - 1);
  return std::abs(percent) < 0.05 ? "0.0" : fmt::format("{:+.1f}", percent);
}

constexpr double kAsFactor = 2;  // from this ratio on a change is told as a factor

}  // namespace

std::string metric_noun(std::string_view metric) {
  if (metric == "cpu") return "server CPU per request";
  if (metric == "throughput") return "requests per second";
  return fmt::format("{} latency", metric);
}

std::string level_text(const std::string& level) { return level == "ceiling" ? "bare" : level; }

std::string candidate_text(const ComparisonRow& row) {
  return level_text(row.candidate) + (row.control == "aa" ? " again" : "");
}

std::string percent_text(double ratio) {
  if (ratio >= kAsFactor) return fmt::format("x{:.2f}", ratio);
  return signed_percent(ratio) + " %";
}

std::string change_text(const ComparisonRow& row) {
  if (!row.ratio) return "-";
  std::string text = percent_text(*row.ratio);
  if (row.pairs < 2 || !row.low || !row.high) return text;
  if (*row.ratio >= kAsFactor) return text + fmt::format(" [{:.2f}, {:.2f}]", *row.low, *row.high);
  return text + fmt::format(" [{}, {}]", signed_percent(*row.low), signed_percent(*row.high));
}

std::string thousands(std::int64_t number) {
  std::string digits = fmt::format("{}", number);
  for (std::size_t at = digits.size(); at > 3 + (number < 0 ? 1U : 0U); at -= 3) {
    digits.insert(at - 3, ",");
  }
  return digits;
}

std::string verdict_word(const ComparisonRow& row) {
  return row.verdict == "differs" ? row.direction : row.verdict;
}

std::string what_it_takes(const ComparisonRow& row) {
  if (row.verdict == "cannot") return "needs " + row.needs;
  if (row.pairs == 0 && row.pairs_void > 0) {
    return fmt::format("no pair counts: {}", row.void_reasons);
  }
  if (row.pairs_more.value_or(0) == 0) return row.reason;
  const bool one = *row.pairs_more == 1;
  std::string text = fmt::format("about {} more pair{}", *row.pairs_more, one ? "" : "s");
  if (row.seconds_more.value_or(0) > 0) text += ", " + duration_text(*row.seconds_more);
  return text;
}

std::string load_text(const ComparisonRow& row) {
  std::string text = fmt::format("{} x{}", row.workload, row.pipeline);
  if (row.arrival == "closed") return text;
  if (!row.rate_target_rps) return text + " open loop";
  return text + fmt::format(" at {}/s", thousands(std::llround(*row.rate_target_rps)));
}

std::string verdict_line(const ComparisonRow& row) {
  std::string text =
      fmt::format("{} : {}, {}, {} connections: {}", candidate_text(row), level_text(row.baseline),
                  load_text(row), thousands(row.connections), metric_noun(row.metric));
  if (row.ratio) text += " " + change_text(row);
  text += ", " + verdict_word(row);
  if (row.verdict == "undecided" || row.verdict == "cannot") text += ": " + what_it_takes(row);
  if (row.verdict == "equivalent" && row.margin) {
    text += fmt::format(" within {:g} %", 100 * *row.margin);
  }
  return text + fmt::format(" ({} pair{})", row.pairs, row.pairs == 1 ? "" : "s");
}

}  // namespace etude::harness
