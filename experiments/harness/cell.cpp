#include "experiments/harness/cell.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace etude::harness {
namespace {

// Ranges that catch slips of the pen. What a machine cannot hold is found out per trial, and
// recorded as such; the simulator holds a million connections and a thousand cores.
constexpr IntegerRange kConnections{1, 1'048'576};
constexpr IntegerRange kPipeline{1, 1'024};
constexpr IntegerRange kCores{1, 1'024};
constexpr IntegerRange kThreadsPerCore{1, 64};
constexpr IntegerRange kBacklog{1, 65'535};
constexpr RealRange kRateRps{0.001, 1e9};

std::uint32_t integer32(const Field& level, IntegerRange range) {
  return static_cast<std::uint32_t>(level.integer(range));
}

// "name:key=value,key=value"
SchedulerChoice parse_scheduler(const Field& level) {
  const std::string text = level.text();
  const std::size_t colon = text.find(':');
  SchedulerChoice choice{.name = text.substr(0, colon), .params = {}, .effective_params = {}};
  for (std::size_t at = colon; at != std::string::npos;) {
    const std::size_t comma = text.find(',', at + 1);
    const std::string pair = text.substr(at + 1, comma - at - 1);
    const std::size_t equals = pair.find('=');
    if (equals == std::string::npos || equals == 0) {
      level.refuse(fmt::format("\"{}\" in \"{}\" is no key=value", pair, text),
                   "write name:key=value,key=value");
    }
    choice.params[pair.substr(0, equals)] = pair.substr(equals + 1);
    at = comma;
  }
  return choice;
}

std::string plain_text(const Field& value) {
  if (value.json().is_structured() || value.json().is_null()) {
    value.refuse("is no plain value", "write a text, a number, true or false");
  }
  return value.json().is_string() ? value.text() : value.json().dump();
}

void apply_scheduler(const Field& level, const LevelContext& context, Cell& cell) {
  if (level.json().is_object()) {
    level.require_object({"name", "set"});
    cell.scheduler = {.name = level.at("name").text(), .params = {}, .effective_params = {}};
    if (level.has("set")) {
      const Field set = level.child("set");
      if (!set.json().is_object()) set.refuse("is no object", "write {\"key\": \"value\"}");
      for (const auto& [key, value] : set.json().items()) {
        cell.scheduler.params[key] = plain_text(set.child(key));
      }
    }
  } else {
    cell.scheduler = parse_scheduler(level);
  }
  try {
    cell.scheduler.effective_params = context.check_scheduler(cell.scheduler);
  } catch (const std::exception& mistake) {
    level.refuse(mistake.what(), "see etude schedulers");
  }
}

void apply_subject(const Field& level, const LevelContext&, Cell& cell) {
  if (!level.json().is_object()) {
    const std::string name = level.choice({"etude", "ceiling"});
    cell.subject = {.kind = name == "etude" ? SubjectKind::etude : SubjectKind::ceiling,
                    .name = name,
                    .command = {},
                    .ready = {}};
    return;
  }
  level.require_object({"name", "command", "ready"});
  cell.subject = {.kind = SubjectKind::command,
                  .name = level.at("name").text(),
                  .command = {},
                  .ready = level.at("ready").text()};
  for (const Field& word : level.at("command").elements()) {
    cell.subject.command.push_back(word.text());
  }
  if (cell.subject.command.empty()) level.child("command").refuse("is empty", "name a program");
}

void apply_workload(const Field& level, const LevelContext& context, Cell& cell) {
  std::vector<std::string_view> names;
  for (const auto& [name, workload] : context.workloads) names.push_back(name);
  cell.workload = context.workloads.at(level.choice(names));
}

std::vector<std::uint32_t> core_list(const Field& field) {
  std::vector<std::uint32_t> cores;
  for (const Field& core : field.elements()) cores.push_back(integer32(core, {0, 1'023}));
  if (cores.empty()) field.refuse("is empty", "name at least one core");
  return cores;
}

void apply_placement(const Field& level, const LevelContext&, Cell& cell) {
  if (level.json().is_object()) {
    level.require_object({"server", "client"});
    cell.placement = {.kind = PlacementKind::listed,
                      .server_cores = core_list(level.at("server")),
                      .client_cores = core_list(level.at("client"))};
    // The list says how many; cores= beside it would only be able to contradict.
    cell.cores = static_cast<std::uint32_t>(cell.placement.server_cores.size());
    return;
  }
  const std::string name = level.choice({"split", "swapped", "shared"});
  cell.placement = {.kind = name == "split"     ? PlacementKind::split
                            : name == "swapped" ? PlacementKind::swapped
                                                : PlacementKind::shared,
                    .server_cores = {},
                    .client_cores = {}};
}

std::string scheduler_text(const Cell& cell) {
  std::string text = cell.scheduler.name;
  char separator = ':';
  for (const auto& [key, value] : cell.scheduler.params) {
    text += fmt::format("{}{}={}", separator, key, value);
    separator = ',';
  }
  return text;
}

bool is_etude(const Cell& cell) { return cell.subject.kind == SubjectKind::etude; }

template <typename Value>
std::string if_present(const std::optional<Value>& value) {
  return value ? fmt::format("{}", *value) : "";
}

// clang-format off: a table reads better with one row per factor
constexpr std::array kFactors{
    Factor{"workload", apply_workload, [](const Cell& c) { return c.workload.name; }},
    Factor{
        "pipeline",
        [](const Field& l, const LevelContext&, Cell& c) { c.pipeline = integer32(l, kPipeline); },
        [](const Cell& c) { return fmt::format("{}", c.pipeline); }},
    Factor{"mode",
           [](const Field& l, const LevelContext&, Cell& c) {
             c.mode = l.choice({"batch", "window"});
           },
           [](const Cell& c) { return c.mode; }},
    Factor{"arrival",
           [](const Field& l, const LevelContext&, Cell& c) {
             c.arrival = l.choice({"closed", "fixed", "poisson"});
           },
           [](const Cell& c) { return c.arrival; }},
    Factor{"rate_rps",
           [](const Field& l, const LevelContext&, Cell& c) { c.rate_rps = l.number(kRateRps); },
           [](const Cell& c) { return if_present(c.rate_rps); }},
    Factor{"cores",
           [](const Field& l, const LevelContext&, Cell& c) { c.cores = integer32(l, kCores); },
           [](const Cell& c) { return fmt::format("{}", c.cores); }},
    Factor{"placement", apply_placement, [](const Cell& c) { return placement_text(c.placement); }},
    Factor{"threads_per_core",
           [](const Field& l, const LevelContext&, Cell& c) {
             c.threads_per_core = integer32(l, kThreadsPerCore);
           },
           [](const Cell& c) { return is_etude(c) ? fmt::format("{}", c.threads_per_core) : ""; }},
    Factor{"acceptor",
           [](const Field& l, const LevelContext&, Cell& c) {
             c.acceptor = l.choice({"reuseport", "shared"});
           },
           [](const Cell& c) { return is_etude(c) ? c.acceptor : ""; }},
    Factor{"backlog",
           [](const Field& l, const LevelContext&, Cell& c) { c.backlog = integer32(l, kBacklog); },
           [](const Cell& c) { return if_present(c.backlog); }},
    Factor{"connections",
           [](const Field& l, const LevelContext&, Cell& c) {
             c.connections = integer32(l, kConnections);
           },
           [](const Cell& c) { return fmt::format("{}", c.connections); }},
    Factor{"subject", apply_subject, [](const Cell& c) { return c.subject.name; }},
    Factor{"scheduler", apply_scheduler, scheduler_text},
};
// clang-format on

}  // namespace

std::span<const Factor> factors() { return kFactors; }

std::vector<std::string_view> factor_names() {
  std::vector<std::string_view> names;
  for (const Factor& factor : kFactors) names.push_back(factor.name);
  return names;
}

std::string core_text(const std::vector<std::uint32_t>& cores, char separator) {
  std::string text;
  for (const std::uint32_t core : cores) {
    if (!text.empty()) text += separator;
    text += fmt::format("{}", core);
  }
  return text;
}

std::string placement_text(const Placement& placement) {
  switch (placement.kind) {
    case PlacementKind::split:
      return "split";
    case PlacementKind::swapped:
      return "swapped";
    case PlacementKind::shared:
      return "shared";
    case PlacementKind::listed:
      break;
  }
  return fmt::format("server={} client={}", core_text(placement.server_cores, '+'),
                     core_text(placement.client_cores, '+'));
}

Workload read_workload(const Field& field) {
  field.require_object({"path", "expect_body", "headers"});
  Workload workload{.name = {}, .path = field.at("path").text(), .expect_body = {}, .headers = {}};
  if (workload.path.empty() || workload.path.front() != '/') {
    field.child("path").refuse(fmt::format("\"{}\" is no path", workload.path), "begin with /");
  }
  if (field.has("expect_body")) workload.expect_body = field.child("expect_body").text();
  if (field.has("headers")) {
    const Field headers = field.child("headers");
    if (!headers.json().is_object()) headers.refuse("is no object", "write {\"Name\": \"value\"}");
    for (const auto& [name, value] : headers.json().items()) {
      workload.headers.emplace_back(name, headers.child(name).text());
    }
  }
  return workload;
}

void normalise(Cell& cell) {
  if (cell.arrival == "closed") {
    cell.rate_rps.reset();
  } else {
    cell.mode = "window";  // an open loop sends each request when it is due, not in batches
  }
  if (is_etude(cell)) return;
  const Cell defaults;
  cell.scheduler = defaults.scheduler;
  cell.threads_per_core = defaults.threads_per_core;
  cell.acceptor = defaults.acceptor;
  cell.backlog = defaults.backlog;
}

Json cell_json(const Cell& cell) {
  Json json = Json::object();
  for (const Factor& factor : kFactors) json[std::string(factor.name)] = factor.text(cell);
  json["command"] = cell.subject.command;
  json["ready"] = cell.subject.ready;
  json["path"] = cell.workload.path;
  json["expect_body"] = cell.workload.expect_body;
  json["headers"] = cell.workload.headers;
  json["label"] = cell.label;
  return json;
}

}  // namespace etude::harness
