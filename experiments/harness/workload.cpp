#include "experiments/harness/workload.h"

#include <fmt/format.h>

namespace etude::harness {
namespace {

constexpr IntegerRange kCapacityConnections{1, 1'048'576};
constexpr IntegerRange kBesideConnections{1, 1'048'576};
constexpr IntegerRange kThink_ms{1, 3'600'000};
constexpr RealRange kWeight{1e-9, 1e9};
constexpr RealRange kCapacity_rps{1, 1e9};
constexpr RealRange kP99Bound_us{0.001, 6e7};

std::string path_at(const Field& field) {
  const Field path = field.at("path");
  const std::string text = path.text();
  if (text.empty() || text.front() != '/') {
    path.refuse(fmt::format("\"{}\" is no path", text), "begin with /");
  }
  return text;
}

Beside read_beside(const Field& field) {
  field.require_object({"path", "connections"});
  const std::int64_t connections = field.at("connections").integer(kBesideConnections);
  return {.path = path_at(field), .connections = static_cast<std::uint32_t>(connections)};
}

std::vector<MixedPath> read_mix(const Field& field) {
  std::vector<MixedPath> mix;
  if (field.json().is_array()) {
    for (const Field& part : field.elements()) {
      part.require_object({"path", "weight"});
      mix.push_back({.weight = part.at("weight").number(kWeight), .path = path_at(part)});
    }
  }
  if (mix.empty()) field.refuse("is no list of paths", "write [{\"path\", \"weight\"}, ...]");
  return mix;
}

std::vector<std::pair<std::string, std::string>> read_headers(const Field& field) {
  if (!field.json().is_object()) field.refuse("is no object", "write {\"Name\": \"value\"}");
  std::vector<std::pair<std::string, std::string>> headers;
  for (const auto& [name, value] : field.json().items()) {
    headers.emplace_back(name, field.child(name).text());
  }
  return headers;
}

}  // namespace

Workload read_workload(const Field& field) {
  field.require_object({"path", "mix", "expect_body", "headers", "beside", "think_ms",
                        "capacity_rps", "capacity_connections", "p99_bound_us", "simulated"});
  Workload workload;
  if (field.has("simulated")) workload.simulated = field.child("simulated").json();
  workload.has_path = field.has("path") || field.has("mix") || !field.has("simulated");
  if (!workload.has_path) {
    // Nothing is asked for by a path.
  } else if (!field.has("mix")) {
    workload.path = path_at(field);
  } else if (field.has("path")) {
    field.refuse("has both \"path\" and \"mix\"", "put the path into the mix");
  } else {
    workload.mix = read_mix(field.child("mix"));
  }
  if (field.has("expect_body")) {
    if (field.has("mix")) {
      field.child("expect_body").refuse("cannot fit every path of a mix", "remove it");
    }
    workload.expect_body = field.child("expect_body").text();
  }
  if (field.has("headers")) workload.headers = read_headers(field.child("headers"));
  if (field.has("beside")) workload.beside = read_beside(field.child("beside"));
  if (field.has("think_ms")) {
    workload.think_ms = static_cast<std::uint32_t>(field.child("think_ms").integer(kThink_ms));
  }
  if (field.has("capacity_rps")) {
    workload.capacity_rps = field.child("capacity_rps").number(kCapacity_rps);
  }
  // No trial asks for it: the report reads it, and says up to which load p99 is within it.
  if (field.has("p99_bound_us")) field.child("p99_bound_us").number(kP99Bound_us);
  if (field.has("capacity_connections")) {
    const Field connections = field.child("capacity_connections");
    if (workload.capacity_rps) {
      connections.refuse("stands beside \"capacity_rps\", which leaves nothing to measure",
                         "keep one of the two");
    }
    workload.capacity_connections =
        static_cast<std::uint32_t>(connections.integer(kCapacityConnections));
  }
  return workload;
}

void describe_workload(const Workload& workload, Json& json) {
  json["path"] = workload.path;
  json["expect_body"] = workload.expect_body;
  json["headers"] = workload.headers;
  // Only where it is there, so that a workload without it keeps its identity.
  if (!workload.mix.empty()) {
    Json& mix = json["mix"] = Json::array();
    for (const MixedPath& part : workload.mix) mix.push_back({part.weight, part.path});
  }
  if (workload.beside) {
    json["beside"] = {workload.beside->path, workload.beside->connections};
  }
  if (workload.think_ms) json["think_ms"] = *workload.think_ms;
  if (workload.capacity_rps) json["capacity_rps"] = *workload.capacity_rps;
  if (!workload.simulated.is_null()) json["simulated"] = workload.simulated;
  if (workload.capacity_connections) {
    json["capacity_connections"] = *workload.capacity_connections;
  }
}

std::string workload_text(const Workload& workload) {
  std::string text = !workload.has_path ? "" : workload.mix.empty() ? workload.path : "mix";
  for (const MixedPath& part : workload.mix) {
    text += fmt::format(" {}:{}", part.weight, part.path);
  }
  if (workload.beside) {
    text += fmt::format(" beside {} x {}", workload.beside->connections, workload.beside->path);
  }
  if (workload.think_ms) text += fmt::format(" think {} ms", *workload.think_ms);
  if (!workload.simulated.is_null()) {
    text += fmt::format("{}simulated {}", text.empty() ? "" : " ", workload.simulated.dump());
  }
  return text;
}

}  // namespace etude::harness
