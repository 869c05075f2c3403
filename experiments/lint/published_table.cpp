#include "experiments/lint/published_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string_view>

#include "core/failure.h"
#include "core/text.h"

namespace etude::lint {
namespace {

constexpr std::array<std::string_view, 4> kRequired{"connections", "pipeline", "throughput_rps",
                                                    "latency_ms"};
constexpr std::array<std::string_view, 4> kOptional{"requests_in_flight", "series", "note",
                                                    "source_line"};
constexpr std::string_view kAllColumns =
    "connections, pipeline, throughput_rps, latency_ms, requests_in_flight, series, note, "
    "source_line";

template <std::size_t count>
bool is_one_of(std::string_view word, const std::array<std::string_view, count>& words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

// One line of the file with what a complaint about it needs.
class Line {
 public:
  Line(const std::string& path, std::size_t number, const std::vector<std::string>& columns,
       std::vector<std::string> fields)
      : path_(path), number_(number), columns_(columns), fields_(std::move(fields)) {}

  std::string text(std::string_view column) const {
    const auto at = std::find(columns_.begin(), columns_.end(), column);
    if (at == columns_.end()) return {};
    return fields_[static_cast<std::size_t>(at - columns_.begin())];
  }

  double positive(std::string_view column, std::string_view unit) const {
    const std::string value = text(column);
    double number = 0;
    const char* const end = value.data() + value.size();
    const auto [stopped, failed] = std::from_chars(value.data(), end, number);
    if (failed != std::errc{} || stopped != end || !std::isfinite(number) || number <= 0) {
      refuse(column, fmt::format("\"{}\" is no number above 0", value),
             fmt::format("write {} as a plain number, such as 1.24", unit));
    }
    return number;
  }

  std::int64_t whole(std::string_view column) const {
    const std::string value = text(column);
    std::int64_t number = 0;
    const char* const end = value.data() + value.size();
    const auto [stopped, failed] = std::from_chars(value.data(), end, number);
    if (failed != std::errc{} || stopped != end || number < 1) {
      refuse(column, fmt::format("\"{}\" is no whole number from 1", value),
             "write digits alone, such as 16384");
    }
    return number;
  }

  [[noreturn]] void refuse(std::string_view column, const std::string& problem,
                           const std::string& remedy) const {
    throw Error(fmt::format("{}: line {}: {}", path_, number_, column), problem, remedy);
  }

 private:
  const std::string& path_;
  std::size_t number_;
  const std::vector<std::string>& columns_;
  std::vector<std::string> fields_;
};

std::string trimmed(const std::string& text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

// The fields of a line; nothing when a quote is left open.
std::optional<std::vector<std::string>> split(const std::string& line) {
  std::vector<std::string> fields;
  std::string field;
  bool quoted = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '"' && quoted && i + 1 < line.size() && line[i + 1] == '"') {
      field += line[i++];
    } else if (line[i] == '"') {
      quoted = !quoted;
    } else if (line[i] == ',' && !quoted) {
      fields.push_back(trimmed(field));
      field.clear();
    } else {
      field += line[i];
    }
  }
  if (quoted) return std::nullopt;
  fields.push_back(trimmed(field));
  return fields;
}

void check_columns(const std::string& path, const std::vector<std::string>& columns) {
  for (const std::string& column : columns) {
    const std::string subject = fmt::format("{}: line 1: \"{}\"", path, column);
    if (!is_one_of(column, kRequired) && !is_one_of(column, kOptional)) {
      throw Error(subject, "is no column of a published table", fmt::format("use {}", kAllColumns));
    }
    if (std::count(columns.begin(), columns.end(), column) > 1) {
      throw Error(subject, "is there twice", "remove one");
    }
  }
  for (const std::string_view needed : kRequired) {
    if (std::find(columns.begin(), columns.end(), needed) == columns.end()) {
      throw Error(fmt::format("{}: line 1: {}", path, needed), "is missing",
                  "add the column; pipeline is 1 where requests wait for their answers");
    }
  }
}

PublishedRow row_of(const Line& line, std::size_t number) {
  PublishedRow row;
  row.line = number;
  row.series = printable(line.text("series"));
  row.connections = line.whole("connections");
  row.pipeline = line.whole("pipeline");
  row.throughput_rps = line.positive("throughput_rps", "requests per second");
  row.latency_ms = line.positive("latency_ms", "milliseconds");
  if (!line.text("requests_in_flight").empty()) {
    row.requests_in_flight = line.positive("requests_in_flight", "requests");
  }
  return row;
}

}  // namespace

std::vector<PublishedRow> read_published_table(const std::string& path) {
  std::ifstream file(path);
  if (!file || std::filesystem::is_directory(path)) {
    throw Error(path, file ? "is a directory" : std::strerror(errno), "name a CSV file");
  }
  std::vector<std::string> columns;
  std::vector<PublishedRow> rows;
  std::size_t number = 0;
  for (std::string text; std::getline(file, text);) {
    ++number;
    if (!text.empty() && text.back() == '\r') text.pop_back();
    if (number == 1 && text.starts_with("\xEF\xBB\xBF")) text.erase(0, 3);  // a byte order mark
    if (number > 1 && text.empty()) continue;
    auto fields = split(text);
    if (!fields) {
      throw Error(fmt::format("{}: line {}", path, number), "a quote is left open", "close it");
    }
    if (number == 1) {
      columns = std::move(*fields);
      check_columns(path, columns);
      continue;
    }
    if (fields->size() != columns.size()) {
      throw Error(fmt::format("{}: line {}", path, number),
                  fmt::format("has {} fields, the first line {}", fields->size(), columns.size()),
                  "leave out thousands separators, or put quotes round a field with commas");
    }
    rows.push_back(row_of(Line(path, number, columns, std::move(*fields)), number));
  }
  if (rows.empty()) throw Error(path, "has no row of figures", "add rows below the column names");
  return rows;
}

}  // namespace etude::lint
