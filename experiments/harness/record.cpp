#include "experiments/harness/record.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "core/text.h"
#include "experiments/harness/record_columns.h"

namespace etude::harness {
namespace {

using Json = nlohmann::ordered_json;  // the journal shows columns in their order, too

// RFC 4180: quoted only where a reader would otherwise be misled. Line ends inside a value (the
// last words of a crashed server) become spaces, so that one row stays one line.
std::string csv_quoted(std::string_view text) {
  std::string one_line;
  for (const char c : text) one_line += c == '\n' || c == '\r' ? ' ' : c;
  // The last words of a crashed server may be no UTF-8, which readers of CSV refuse as a whole.
  const std::string line = printable(one_line);
  if (line.find_first_of(",\"") == std::string::npos) return line;
  std::string result = "\"";
  for (const char c : line) {
    if (c == '"') result += '"';
    result += c;
  }
  return result + '"';
}

std::string csv_field(const std::string& value) { return csv_quoted(value); }
std::string csv_field(std::int64_t value) { return fmt::format("{}", value); }
template <typename Value>
std::string csv_field(const std::optional<Value>& value) {
  return value ? fmt::format("{}", *value) : "";
}

template <typename Row>
std::string header_of() {
  Row row;
  std::string line;
  each_column(row, [&](std::string_view name, const auto&) {
    if (!line.empty()) line += ',';
    line += name;
  });
  return line + '\n';
}

template <typename Row>
std::string line_of(const Row& row) {
  std::string line;
  bool first = true;
  each_column(row, [&](std::string_view, const auto& value) {
    if (!first) line += ',';
    first = false;
    line += csv_field(value);
  });
  return line + '\n';
}

template <typename Value>
void put(Json& json, const char* name, const Value& value) {
  json[name] = value;
}
template <typename Value>
void put(Json& json, const char* name, const std::optional<Value>& value) {
  if (value) json[name] = *value;  // absent stays absent
}

template <typename Value>
void take(const Json& json, const char* name, Value& value) {
  const auto found = json.find(name);
  if (found != json.end()) value = found->template get<Value>();
}
template <typename Value>
void take(const Json& json, const char* name, std::optional<Value>& value) {
  const auto found = json.find(name);
  if (found != json.end()) value = found->template get<Value>();
}

template <typename Row>
Json to_json(const Row& row) {
  Json json = Json::object();
  each_column(row, [&](const char* name, const auto& value) { put(json, name, value); });
  return json;
}

template <typename Row>
Row row_from(const Json& json) {
  Row row;
  each_column(row, [&](const char* name, auto& value) { take(json, name, value); });
  return row;
}

// A histogram has thousands of buckets: [metric, lower, upper, count] instead of four names each.
Json hist_to_json(const std::vector<HistRow>& hist) {
  Json rows = Json::array();
  for (const HistRow& row : hist) {
    rows.push_back({row.metric, row.lower_ns, row.upper_ns, row.count});
  }
  return rows;
}

}  // namespace

std::string trials_csv_header() { return header_of<TrialRow>(); }
std::string workers_csv_header() { return header_of<WorkerRow>(); }
std::string windows_csv_header() { return header_of<WindowRow>(); }
std::string hist_csv_header() { return header_of<HistRow>(); }
std::string classes_csv_header() { return header_of<ClassRow>(); }
std::string comparisons_csv_header() { return header_of<ComparisonRow>(); }
std::string csv_line(const TrialRow& row) { return line_of(row); }
std::string csv_line(const WorkerRow& row) { return line_of(row); }
std::string csv_line(const WindowRow& row) { return line_of(row); }
std::string csv_line(const HistRow& row) { return line_of(row); }
std::string csv_line(const ClassRow& row) { return line_of(row); }
std::string csv_line(const ComparisonRow& row) { return line_of(row); }

std::string record_line(const TrialRecord& record) {
  Json json = Json::object();
  json["trial"] = to_json(record.trial);
  json["workers"] = Json::array();
  for (const WorkerRow& row : record.workers) json["workers"].push_back(to_json(row));
  json["windows"] = Json::array();
  for (const WindowRow& row : record.windows) json["windows"].push_back(to_json(row));
  json["hist"] = hist_to_json(record.hist);
  if (!record.classes.empty()) json["classes"] = Json::array();
  for (const ClassRow& row : record.classes) json["classes"].push_back(to_json(row));
  // A server's last words may be no UTF-8: replaced rather than refused.
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::optional<TrialRecord> parse_record(std::string_view line) {
  try {
    const Json json = Json::parse(line);
    TrialRecord record;
    record.trial = row_from<TrialRow>(json.at("trial"));
    for (const Json& row : json.at("workers")) record.workers.push_back(row_from<WorkerRow>(row));
    for (const Json& row : json.at("windows")) record.windows.push_back(row_from<WindowRow>(row));
    for (const Json& row : json.at("hist")) {
      record.hist.push_back({.trial_id = record.trial.trial_id,
                             .metric = row.at(0).get<std::string>(),
                             .lower_ns = row.at(1).get<std::int64_t>(),
                             .upper_ns = row.at(2).get<std::int64_t>(),
                             .count = row.at(3).get<std::int64_t>()});
    }
    for (const Json& row : json.value("classes", Json::array())) {
      record.classes.push_back(row_from<ClassRow>(row));
    }
    if (record.trial.trial_id.empty()) return std::nullopt;
    return record;
  } catch (const Json::exception&) {
    return std::nullopt;
  }
}

}  // namespace etude::harness
