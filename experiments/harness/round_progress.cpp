#include "experiments/harness/round_progress.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "core/stderr_text.h"
#include "experiments/harness/verdict_table.h"

namespace etude::harness {
namespace {

constexpr const char* kEraseLine = "\r\x1b[K";
constexpr std::uint32_t kPlainEvery = 20;  // rounds between two plain lines; chosen by hand

}  // namespace

RoundProgress::~RoundProgress() {
  if (talk_ == Talk::terminal) print_stderr("{}", kEraseLine);
}

void RoundProgress::operator()(const RoundNews& news) {
  if (talk_ == Talk::quiet) return;
  say_closed(news);
  if (news.ended) {
    print_stderr("{}", talk_ == Talk::terminal ? kEraseLine : "");
    std::fflush(stderr);
    fmt::print("{}", verdict_table(news.rows, {}));
    return;
  }
  if (talk_ == Talk::terminal) {
    print_stderr("{}{}", kEraseLine, status(news));
  } else if (news.rounds >= rounds_said_ + kPlainEvery) {
    rounds_said_ = news.rounds;
    print_stderr("{}\n", status(news));
  }
  std::fflush(stderr);
}

void RoundProgress::say_closed(const RoundNews& news) {
  for (const ComparisonRow& row : news.rows) {
    if (row.verdict != "differs" && row.verdict != "equivalent") continue;
    if (!closed_.insert(row.comparison_id + row.metric).second) continue;
    print_stderr("{}{}\n", talk_ == Talk::terminal ? kEraseLine : "", verdict_line(row));
  }
}

std::string RoundProgress::status(const RoundNews& news) const {
  std::size_t decided = 0;
  std::size_t open = 0;
  for (const ComparisonRow& row : news.rows) {
    if (row.verdict == "differs" || row.verdict == "equivalent") ++decided;
    if (row.verdict == "undecided") ++open;
  }
  std::string text = fmt::format("round {}: {} decided, {} open", news.rounds, decided, open);
  if (!news.running.empty()) text += fmt::format("; {}", news.running);
  if (news.budget_s > 0) {
    text += fmt::format(" ({} of {} left)", duration_text(news.budget_s - news.spent_s),
                        duration_text(news.budget_s));
  }
  return text;
}

}  // namespace etude::harness
