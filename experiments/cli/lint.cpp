// etude lint: is a published table possible under Little's law?

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "core/text.h"
#include "experiments/cli/commands.h"
#include "experiments/lint/little.h"
#include "experiments/lint/published_table.h"

namespace etude::cli {
namespace {

using Json = nlohmann::ordered_json;
using lint::Growth;
using lint::PublishedRow;
using lint::Reading;
using lint::RowCheck;

constexpr const char* kLegend =
    "in flight: throughput times latency, of what the connections hold. busy: connections that\n"
    "waited for an answer at every moment, on average, at least. request: latency_ms is the mean\n"
    "from the send of a request to its last byte. batch: the mean from a batch's first send to "
    "its\n"
    "last byte, as wrk records it. median: half took that long. wrk prints: the batch mean after\n"
    "wrk's correction, which needs batch times about this uneven (standard deviation over mean).\n"
    "2 % are granted for rounding.\n";

// 1234567 -> "1,234,567"
std::string grouped(double value) {
  std::string digits = fmt::format("{:.0f}", value);
  for (std::size_t at = digits.size(); at > 3;) {
    at -= 3;
    digits.insert(at, ",");
  }
  return digits;
}

std::string factor(double ratio) { return fmt::format("x{:.{}f}", ratio, ratio < 10 ? 2 : 1); }

std::string verdict(const Reading& reading) { return reading.possible ? "possible" : "IMPOSSIBLE"; }

std::string series_name(const PublishedRow& row) {
  std::string name = row.series;
  if (row.pipeline > 1) name += fmt::format("{}x{}", name.empty() ? "" : " ", row.pipeline);
  return name.empty() ? "-" : name;
}

void print_rows(const std::vector<PublishedRow>& rows, const std::vector<RowCheck>& checks) {
  std::size_t width = 6;
  for (const PublishedRow& row : rows) width = std::max(width, series_name(row).size());
  constexpr const char* kLine = "{:>4}  {:<{}} {:>11} {:>18} {:>14}  {:<10}  {:<10}  {:<10}  {}\n";
  fmt::print(kLine, "line", "series", width, "connections", "in flight", "busy", "request", "batch",
             "median", "wrk prints");
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const PublishedRow& row = rows[i];
    const RowCheck& check = checks[i];
    const auto connections = static_cast<double>(row.connections);
    const double busy = check.batch.busy_least;
    fmt::print(kLine, row.line, series_name(row), width, grouped(connections),
               fmt::format("{} of {}", grouped(check.in_flight), grouped(check.in_flight_max)),
               fmt::format("{} ({:.0f} %)", grouped(busy), 100 * busy / connections),
               verdict(check.request), verdict(check.batch), verdict(check.median),
               fmt::format(">= {:.1f}", check.wrk_printed_cv_least));
  }
}

void print_reasons(const PublishedRow& row, const RowCheck& check) {
  std::vector<std::pair<std::string, std::string>> reasons;  // meaning, why not
  for (const auto& [meaning, reading] :
       {std::pair{"request", &check.request}, std::pair{"batch", &check.batch},
        std::pair{"median", &check.median}}) {
    if (reading->possible) continue;
    if (!reasons.empty() && reasons.back().second == reading->why_not) {
      reasons.back().first += fmt::format(" or {}", meaning);
    } else {
      reasons.emplace_back(meaning, reading->why_not);
    }
  }
  for (const auto& [meaning, why_not] : reasons) {
    fmt::print("line {}: not as {}: {}\n", row.line, meaning, why_not);
  }
}

void print_growths(const std::vector<PublishedRow>& rows) {
  const std::vector<Growth> growths = lint::growth_of(rows);
  for (const Growth& growth : growths) {
    const PublishedRow& from = rows[growth.from];
    const PublishedRow& to = rows[growth.to];
    fmt::print(
        "{} {} -> {}: latency {}; population alone {}, with the lost throughput {}; "
        "busy share {}\n",
        series_name(to), grouped(static_cast<double>(from.connections)),
        grouped(static_cast<double>(to.connections)), factor(growth.latency),
        factor(growth.population), factor(growth.population * growth.throughput),
        factor(growth.busy_share));
  }
  if (growths.empty()) return;
  fmt::print(
      "A busy share of at most x1 leaves nothing for a scheduler to explain: population and "
      "throughput\nmake all of the growth, and more.\n");
}

Json json_of(const Reading& reading) {
  return {{"possible", reading.possible},
          {"busy_connections_least", reading.busy_least},
          {"why_not", reading.why_not}};
}

Json json_of(const PublishedRow& row, const RowCheck& check) {
  return {{"line", row.line},
          {"series", row.series},
          {"connections", row.connections},
          {"pipeline", row.pipeline},
          {"throughput_rps", row.throughput_rps},
          {"latency_ms", row.latency_ms},
          {"in_flight", check.in_flight},
          {"in_flight_max", check.in_flight_max},
          {"request", json_of(check.request)},
          {"batch", json_of(check.batch)},
          {"median", json_of(check.median)},
          {"wrk_printed", {{"batch_time_cv_least", check.wrk_printed_cv_least}}}};
}

void print_json(const std::string& path, const std::vector<PublishedRow>& rows,
                const std::vector<RowCheck>& checks) {
  Json report{
      {"schema", 1}, {"file", printable(path)}, {"rows", Json::array()}, {"growth", Json::array()}};
  for (std::size_t i = 0; i < rows.size(); ++i)
    report["rows"].push_back(json_of(rows[i], checks[i]));
  for (const Growth& growth : lint::growth_of(rows)) {
    report["growth"].push_back({{"series", rows[growth.to].series},
                                {"pipeline", rows[growth.to].pipeline},
                                {"from_line", rows[growth.from].line},
                                {"to_line", rows[growth.to].line},
                                {"latency", growth.latency},
                                {"population", growth.population},
                                {"throughput", growth.throughput},
                                {"busy_share", growth.busy_share}});
  }
  fmt::print("{}\n", report.dump(2, ' ', false, Json::error_handler_t::replace));
}

int lint_table(const std::string& path, bool as_json) {
  const std::vector<PublishedRow> rows = lint::read_published_table(path);
  std::vector<RowCheck> checks;
  std::size_t impossible = 0;
  for (const PublishedRow& row : rows) {
    checks.push_back(lint::check_row(row));
    if (!checks.back().request.possible || !checks.back().batch.possible) ++impossible;
  }
  if (as_json) {
    print_json(path, rows, checks);
  } else {
    print_rows(rows, checks);
    fmt::print("\n{}\n", kLegend);
    for (std::size_t i = 0; i < rows.size(); ++i) print_reasons(rows[i], checks[i]);
    print_growths(rows);
    fmt::print("{}: {} of {} rows cannot be a mean latency\n", printable(path), impossible,
               rows.size());
  }
  return impossible == 0 ? 0 : 1;
}

}  // namespace

void add_lint_command(CLI::App& app, int& exit_code) {
  struct Options {
    std::string path;
    bool json = false;
  };
  const auto options = std::make_shared<Options>();
  CLI::App* command =
      app.add_subcommand("lint", "check a published table against Little's law, row by row");
  command->footer(
      "Example: etude lint experiments/claims/guide-tables.csv\n"
      "The table is CSV with the columns connections,pipeline,throughput_rps,latency_ms, and where "
      "known requests_in_flight, series, note, source_line.\n"
      "Exit: 0 every row is possible; 1 a row cannot be a mean latency; 2 bad input.");
  command->add_option("table", options->path, "a CSV file")->required();
  command->add_flag("--json", options->json, "as JSON, for scripts");
  command->callback(
      [options, &exit_code] { exit_code = lint_table(options->path, options->json); });
}

}  // namespace etude::cli
