#include "experiments/cli/compare_output.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <utility>

#include "core/stderr_text.h"
#include "experiments/cli/fail_if.h"
#include "experiments/harness/checked_json.h"
#include "experiments/harness/verdict_words.h"

namespace etude::cli {
namespace {

using harness::ComparisonRow;
using harness::Json;
using harness::RoundNews;
using harness::Talk;

struct TerminalSize {
  std::size_t columns = 80;
  std::size_t lines = 24;
};

TerminalSize terminal_size() {
  winsize size{};
  if (::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return {};
  return {.columns = size.ws_col, .lines = std::max<std::size_t>(size.ws_row, 4)};
}

// One column stays free: a full line would wrap on some terminals.
std::string cut(const std::string& text, std::size_t columns) {
  return text.size() < columns ? text : text.substr(0, columns - 1);
}

bool many_connections(const std::vector<ComparisonRow>& rows) {
  return std::any_of(rows.begin(), rows.end(), [&](const ComparisonRow& row) {
    return row.connections != rows.front().connections;
  });
}

std::string connections_text(const ComparisonRow& row) {
  return harness::thousands(row.connections) +
         (row.connections == 1 ? " connection" : " connections");
}

std::string pairs_text(std::int64_t pairs) {
  return fmt::format("{} pair{}", pairs, pairs == 1 ? "" : "s");
}

std::string verdict_text(const ComparisonRow& row, Stage stage) {
  if (row.verdict == "undecided") {
    return stage == Stage::measuring ? fmt::format("measuring ({})", pairs_text(row.pairs))
                                     : "undecided: " + harness::what_it_takes(row);
  }
  std::string text = harness::verdict_word(row);
  if (row.verdict == "cannot") return text + " be asked: " + harness::what_it_takes(row);
  if (row.verdict == "equivalent" && row.margin) {
    text += fmt::format(" within {:g} %", 100 * *row.margin);
  }
  return text + fmt::format(" ({})", pairs_text(row.pairs));
}

std::string left_text(const RoundNews& news) {
  return fmt::format("{} of {} left", harness::duration_text(news.budget_s - news.spent_s),
                     harness::duration_text(news.budget_s));
}

// "" for what JSON has no number for.
Json number(const harness::Real& value) { return value ? Json(*value) : Json(nullptr); }
Json number(const harness::Count& value) { return value ? Json(*value) : Json(nullptr); }

Json row_json(const ComparisonRow& row) {
  return Json{{"candidate", row.candidate},
              {"baseline", row.baseline},
              {"control", row.control},
              {"factor", row.factor},
              {"scheduler", row.scheduler},
              {"metric", row.metric},
              {"design", row.design},
              {"workload", row.workload},
              {"pipeline", row.pipeline},
              {"connections", row.connections},
              {"verdict", row.verdict},
              {"direction", row.direction},
              {"ratio", number(row.ratio)},
              {"low", number(row.low)},
              {"high", number(row.high)},
              {"decision_low", number(row.decision_low)},
              {"decision_high", number(row.decision_high)},
              {"margin", number(row.margin)},
              {"pairs", row.pairs},
              {"pairs_void", row.pairs_void},
              {"void_reasons", row.void_reasons},
              {"reason", row.reason},
              {"pairs_more", number(row.pairs_more)},
              {"seconds_more", number(row.seconds_more)}};
}

}  // namespace

std::string compare_heading(const std::vector<ComparisonRow>& rows) {
  const ComparisonRow& first = rows.front();
  std::string text = fmt::format("{} against {}: {}", harness::metric_noun(first.metric),
                                 harness::level_text(first.baseline), harness::load_text(first));
  if (!many_connections(rows)) text += ", " + connections_text(first);
  return text + fmt::format(", {} server core{}, {}", first.cores, first.cores == 1 ? "" : "s",
                            first.design);
}

std::vector<std::string> compare_lines(const std::vector<ComparisonRow>& rows, Stage stage) {
  const bool many = many_connections(rows);
  std::vector<std::array<std::string, 4>> cells;
  std::array<std::size_t, 3> widths{};
  for (const ComparisonRow& row : rows) {
    cells.push_back({harness::candidate_text(row), many ? connections_text(row) : "",
                     harness::change_text(row), verdict_text(row, stage)});
    for (std::size_t i = 0; i < widths.size(); ++i) {
      widths[i] = std::max(widths[i], cells.back()[i].size());
    }
  }
  std::vector<std::string> lines;
  for (const auto& [candidate, connections, change, verdict] : cells) {
    std::string line = fmt::format("  {:<{}}", candidate, widths[0]);
    if (many) line += fmt::format("  {:>{}}", connections, widths[1]);
    lines.push_back(line + fmt::format("  {:<{}}  {}", change, widths[2], verdict));
  }
  return lines;
}

void LiveComparison::operator()(const RoundNews& news) {
  if (talk_ == Talk::quiet || news.rows.empty()) return;
  if (!begun_) begin(news);
  if (talk_ == Talk::plain) return say_round(news);
  erase_block();
  if (!news.ended) renew_block(news);
  std::fflush(stderr);
}

void LiveComparison::begin(const RoundNews& news) {
  begun_ = true;
  if (news.rounds > 0) print_stderr("goes on behind {} rounds\n", news.rounds);
  if (news.ended) return;
  if (talk_ == Talk::plain) print_stderr("{}\n", compare_heading(news.rows));
  for (const ComparisonRow& row : news.rows) {
    pairs_said_[row.comparison_id] = row.pairs + row.pairs_void;
  }
}

void LiveComparison::renew_block(const RoundNews& news) {
  const TerminalSize size = terminal_size();
  std::vector<std::string> lines = compare_lines(news.rows, Stage::measuring);
  const std::size_t room = size.lines - 3;  // beside the heading, what is left, and the cursor
  if (lines.size() > room) {
    const std::size_t hidden = lines.size() - room + 1;
    lines.resize(room - 1);
    lines.push_back(fmt::format("  ... and {} more", hidden));
  }
  lines.insert(lines.begin(), compare_heading(news.rows));
  lines.push_back(fmt::format("  {}; now {}", left_text(news), news.running));
  for (const std::string& line : lines) print_stderr("{}\n", cut(line, size.columns));
  block_lines_ = lines.size();
}

void LiveComparison::erase_block() {
  if (block_lines_ > 0) print_stderr("\x1b[{}A\r\x1b[J", block_lines_);
  block_lines_ = 0;
}

void LiveComparison::say_round(const RoundNews& news) {
  const std::vector<std::string> lines = compare_lines(news.rows, Stage::measuring);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const ComparisonRow& row = news.rows[i];
    const std::int64_t pairs = row.pairs + row.pairs_void;
    if (std::exchange(pairs_said_[row.comparison_id], pairs) == pairs) continue;
    print_stderr("{}; {}\n", lines[i], left_text(news));
  }
}

std::string compare_json(const CompareOutcome& outcome) {
  Json json{{"schema", 1},
            {"results", outcome.out},
            {"budget_s", outcome.budget_s},
            {"spent_s", outcome.spent_s},
            {"exit_code", outcome.exit_code},
            {"fail_if", nullptr},
            {"comparisons", Json::array()}};
  if (!outcome.fail_if.empty()) {
    const char* const result = outcome.exit_code == kConditionShown  ? "shown"
                               : outcome.exit_code == kConditionOpen ? "open"
                                                                     : "not shown";
    json["fail_if"] = Json{{"condition", outcome.fail_if}, {"result", result}};
  }
  for (const ComparisonRow& row : outcome.rows) json["comparisons"].push_back(row_json(row));
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace etude::cli
