#include "experiments/simulator/model_options.h"

#include <fmt/format.h>

#include <filesystem>
#include <string_view>
#include <vector>

#include "core/failure.h"
#include "experiments/simulator/costs_file.h"

namespace etude::sim {
namespace {

using harness::Field;
using harness::Json;

// As generous as those of a file of costs: they stop slips of the pen.
constexpr harness::RealRange kConnections{1, 1e9};
constexpr harness::RealRange kFactor{0, 1e6};
constexpr harness::RealRange kShare{0, 1};
constexpr harness::IntegerRange kNodes{1, 2};
constexpr harness::IntegerRange kRequests{1, 1'000'000'000'000};

Costs named_costs(const Field& field, const ModelPlaces& places) {
  std::string name = field.text();
  const std::filesystem::path path = name;
  if (path.is_relative() && path.has_parent_path()) {
    name = (std::filesystem::path(places.suite_directory) / path).string();
  }
  try {
    return read_costs(name, places.costs_directory);
  } catch (const Error& mistake) {
    field.refuse(mistake.what(), "name a file of costs, or write an object");
  }
}

// [[128, 1], [2048, 1.4]]
Growth read_growth(const Field& field) {
  Growth growth;
  for (const Field& point : field.elements()) {
    const std::vector<Field> pair = point.elements();
    if (pair.size() != 2) point.refuse("is no pair", "write [connections, factor]");
    growth.push_back(
        {.connections = pair[0].number(kConnections), .factor = pair[1].number(kFactor)});
    if (growth.size() > 1 && growth.back().connections <= growth[growth.size() - 2].connections) {
      point.refuse("has no more connections than the one before", "let them rise");
    }
  }
  return growth;
}

Costs overridden_costs(const Field& field, const std::string& model, const ModelPlaces& places) {
  std::vector<std::string_view> known{"name", "base", "path_ns"};
  for (const CostEntry& entry : cost_entries()) known.push_back(entry.name);
  for (const GrowthEntry& entry : growth_entries()) known.push_back(entry.name);
  field.require_object(known);
  Costs costs;
  if (field.has("base")) costs = named_costs(field.child("base"), places);
  costs.name = field.has("name") ? field.child("name").text() : model;
  for (const CostEntry& entry : cost_entries()) {
    if (field.has(entry.name))
      costs.*entry.member = field.child(entry.name).number(range_of(entry));
  }
  for (const GrowthEntry& entry : growth_entries()) {
    if (field.has(entry.name)) costs.*entry.member = read_growth(field.child(entry.name));
  }
  if (field.has("path_ns")) {
    const Field paths = field.child("path_ns");
    if (!paths.json().is_object()) paths.refuse("is no object", R"(write {"/json": 600})");
    for (const auto& [path, value] : paths.json().items()) {
      costs.path_ns[path] = paths.child(path).number(kAnyCost);
    }
  }
  return costs;
}

constexpr std::string_view kAssignments[] = {"hash", "round_robin", "skewed", "one",
                                             "each_request"};  // as Assignment::Kind lists them

std::optional<Assignment> read_assignment(const Field& field) {
  if (!field.has("assignment")) {
    if (field.has("skew")) {
      field.child("skew").refuse("stands without its assignment", R"(add "assignment": "skewed")");
    }
    return std::nullopt;
  }
  const std::string name =
      field.child("assignment").choice({std::begin(kAssignments), std::end(kAssignments)});
  Assignment assignment;
  while (kAssignments[static_cast<std::size_t>(assignment.kind)] != name) {
    assignment.kind = static_cast<Assignment::Kind>(static_cast<int>(assignment.kind) + 1);
  }
  if (field.has("skew")) {
    if (assignment.kind != Assignment::Kind::skewed) {
      field.child("skew").refuse(fmt::format("says nothing to the assignment \"{}\"", name),
                                 R"(write "assignment": "skewed", or drop it)");
    }
    assignment.skew = field.child("skew").number(kShare);
  }
  return assignment;
}

Json costs_json(const Costs& costs) {
  const Costs defaults;
  Json json = {{"name", costs.name}};
  for (const CostEntry& entry : cost_entries()) {
    const double value = costs.*entry.member;
    if (value != defaults.*entry.member) json[std::string(entry.name)] = value;
  }
  for (const auto& [path, value_ns] : costs.path_ns) json["path_ns"][path] = value_ns;
  for (const GrowthEntry& entry : growth_entries()) {
    for (const GrowthPoint& point : costs.*entry.member) {
      json[std::string(entry.name)].push_back({point.connections, point.factor});
    }
  }
  return json;
}

}  // namespace

ModelOptions read_model(const Field& field, const std::string& name, const ModelPlaces& places) {
  field.require_object(
      {"costs", "delivery", "assignment", "skew", "client", "numa_nodes", "requests_max"});
  ModelOptions options;
  if (!field.has("costs")) {
    options.costs = places.default_costs;
    options.costs_note = places.default_note;
  } else if (field.child("costs").json().is_object()) {
    options.costs = overridden_costs(field.child("costs"), name, places);
  } else {
    options.costs = named_costs(field.child("costs"), places);
  }
  if (field.has("delivery")) {
    const bool direct = field.child("delivery").choice({"reactor", "direct"}) == "direct";
    options.delivery = direct ? Delivery::direct : Delivery::reactor;
  }
  options.assignment = read_assignment(field);
  if (field.has("client")) {
    options.ideal_client = field.child("client").choice({"modelled", "ideal"}) == "ideal";
  }
  if (field.has("numa_nodes")) {
    options.numa_nodes = static_cast<std::uint32_t>(field.child("numa_nodes").integer(kNodes));
  }
  if (field.has("requests_max")) {
    options.requests_max =
        static_cast<std::uint64_t>(field.child("requests_max").integer(kRequests));
  }
  return options;
}

Json resolved_json(const ModelOptions& options) {
  Json json = {{"costs", costs_json(options.costs)}};
  if (options.delivery == Delivery::direct) json["delivery"] = "direct";
  if (options.assignment) {
    json["assignment"] = kAssignments[static_cast<std::size_t>(options.assignment->kind)];
    if (options.assignment->kind == Assignment::Kind::skewed) {
      json["skew"] = options.assignment->skew;
    }
  }
  if (options.ideal_client) json["client"] = "ideal";
  if (options.numa_nodes > 1) json["numa_nodes"] = options.numa_nodes;
  if (options.requests_max > 0) json["requests_max"] = options.requests_max;
  return json;
}

}  // namespace etude::sim
