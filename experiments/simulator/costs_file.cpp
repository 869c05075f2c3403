#include "experiments/simulator/costs_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <string_view>
#include <vector>

#include "core/failure.h"
#include "experiments/harness/atomic_file.h"
#include "experiments/harness/checked_json.h"

namespace etude::sim {
namespace {

using harness::Field;
using harness::Json;

constexpr harness::RealRange kAnyFactor{0, 1e6};  // of a growth
// So that no product of a cost leaves virtual time, and time does not stand still.
constexpr harness::RealRange kFactorOfAll{1e-3, 1e3};
constexpr harness::RealRange kAnyConnections{1, 1e9};

std::string source_of(const Field& entry) {
  const std::string source = entry.at("source").text();
  if (source.empty()) {
    entry.at("source").refuse("is empty", "say which benchmark, run or paper gave the number");
  }
  return source;
}

// {"value": 100, "source": ".."}
double read_number(const Field& entry, const std::string& name, harness::RealRange range,
                   CostsFile& file) {
  entry.require_object({"value", "source"});
  file.sources[name] = source_of(entry);
  return entry.at("value").number(range);
}

void read_numbers(const Field& table, CostsFile& file) {
  std::vector<std::string_view> known;
  for (const CostEntry& entry : cost_entries()) known.push_back(entry.name);
  table.require_object(known);
  for (const CostEntry& entry : cost_entries()) {
    if (!table.has(entry.name)) continue;
    file.costs.*entry.member =
        read_number(table.child(entry.name), std::string(entry.name), range_of(entry), file);
  }
}

void read_paths(const Field& table, CostsFile& file) {
  if (!table.json().is_object()) table.refuse("is no object", R"(write {"/json": {..}})");
  for (const auto& [path, value] : table.json().items()) {
    const Field entry = table.child(path);
    if (!path.starts_with('/')) entry.refuse("is no path", "begin it with /");
    file.costs.path_ns[path] = read_number(entry, "path_ns." + path, kAnyCost, file);
  }
}

Growth read_growth(const Field& entry, const std::string& name, CostsFile& file) {
  entry.require_object({"points", "source"});
  file.sources[name] = source_of(entry);
  Growth growth;
  for (const Field& point : entry.at("points").elements()) {
    const std::vector<Field> pair = point.elements();
    if (!point.json().is_array() || pair.size() != 2) {
      point.refuse("is no point", "write [connections per core, factor]");
    }
    growth.push_back(
        {.connections = pair[0].number(kAnyConnections), .factor = pair[1].number(kAnyFactor)});
    if (growth.size() > 1 && growth[growth.size() - 2].connections >= growth.back().connections) {
      point.refuse("has no more connections than the point before", "list them rising, each once");
    }
  }
  return growth;
}

CostsFile parse_costs(const Json& document, const std::string& path) {
  const Field root(document, path, "");
  std::vector<std::string_view> known{"about", "machine", "git_rev", "costs", "path_ns"};
  for (const GrowthEntry& entry : growth_entries()) known.push_back(entry.name);
  root.require_object(known);
  CostsFile file;
  file.costs.name = std::filesystem::path(path).stem().string();
  file.costs.about = root.at("about").text();
  if (root.has("machine")) file.machine = root.child("machine").text();
  if (root.has("git_rev")) file.git_rev = root.child("git_rev").text();
  read_numbers(root.at("costs"), file);
  if (root.has("path_ns")) read_paths(root.child("path_ns"), file);
  for (const GrowthEntry& entry : growth_entries()) {
    if (!root.has(entry.name)) continue;
    const std::string name(entry.name);
    file.costs.*entry.member = read_growth(root.child(name), name, file);
  }
  return file;
}

// The files of the directory by name, for a complaint about one that is not there.
std::vector<std::string> names_in(const std::string& directory) {
  std::vector<std::string> names;
  std::error_code ignored;  // a directory that cannot be read has no names to offer
  for (const auto& entry : std::filesystem::directory_iterator(directory, ignored)) {
    if (entry.path().extension() == ".json") names.push_back(entry.path().stem().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::string path_of(const std::string& name_or_path, const std::string& directory) {
  const bool is_path =
      name_or_path.find('/') != std::string::npos || name_or_path.ends_with(".json");
  if (is_path) return name_or_path;
  const std::string path = directory + "/" + name_or_path + ".json";
  if (std::filesystem::exists(path)) return path;
  const std::vector<std::string> names = names_in(directory);
  const std::vector<std::string_view> known(names.begin(), names.end());
  throw Error(
      "costs " + name_or_path,
      fmt::format("no such file in {}{}", directory, harness::nearest_hint(name_or_path, known)),
      fmt::format("use one of: {}; or give a path with a / in it", harness::listed(known)));
}

std::optional<std::string> source_in(const CostsFile& file, const std::string& name) {
  const auto found = file.sources.find(name);
  return found == file.sources.end() ? std::nullopt : std::optional(found->second);
}

// What a member is when no file names it: 0, or 1 for the factors.
double unset(const CostEntry& entry) { return Costs{}.*entry.member; }

Json with_source(const char* key, Json value, const CostsFile& file, const std::string& name) {
  const auto source = source_in(file, name);
  require(source.has_value(), "each cost that is written has a source");
  return Json{{key, std::move(value)}, {"source", *source}};
}

// Four digits: more than any measurement of a cost has.
double rounded(double value) { return std::stod(fmt::format("{:.4g}", value)); }

}  // namespace

harness::RealRange range_of(const CostEntry& entry) {
  return entry.name.ends_with("_factor") ? kFactorOfAll : kAnyCost;
}

CostsFile read_costs_file(const std::string& name_or_path, const std::string& directory) {
  const std::string path = path_of(name_or_path, directory);
  return parse_costs(harness::read_json_file(path), path);
}

Costs read_costs(const std::string& name_or_path, const std::string& directory) {
  return read_costs_file(name_or_path, directory).costs;
}

std::string costs_text(const CostsFile& file) {
  Json document{{"about", file.costs.about}};
  if (!file.machine.empty()) document["machine"] = file.machine;
  if (!file.git_rev.empty()) document["git_rev"] = file.git_rev;
  document["costs"] = Json::object();
  for (const CostEntry& entry : cost_entries()) {
    const std::string name(entry.name);
    const double value = file.costs.*entry.member;
    if (value == unset(entry) && !source_in(file, name)) continue;
    document["costs"][name] = with_source("value", rounded(value), file, name);
  }
  for (const auto& [path, value] : file.costs.path_ns) {
    document["path_ns"][path] = with_source("value", rounded(value), file, "path_ns." + path);
  }
  for (const GrowthEntry& entry : growth_entries()) {
    const Growth& growth = file.costs.*entry.member;
    if (growth.empty()) continue;
    Json points = Json::array();
    for (const GrowthPoint& point : growth) {
      points.push_back({point.connections, rounded(point.factor)});
    }
    const std::string name(entry.name);
    document[name] = with_source("points", std::move(points), file, name);
  }
  return document.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

void write_costs(const CostsFile& file, const std::string& path) {
  harness::AtomicFile out(path);
  out.append(costs_text(file));
  if (const auto problem = out.commit()) {
    throw Error(path, *problem, "name a file in a directory that can be written");
  }
}

}  // namespace etude::sim
