// The factors: how each reads a level of a suite, and how it is written.

#include <fmt/format.h>

#include <array>

#include "experiments/harness/cell.h"

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
constexpr RealRange kRateShare{0.01, 2};
// Of the driver: those that etude serve takes.
constexpr IntegerRange kPollEvery{1, 1'000'000};
constexpr IntegerRange kSearchRounds{0, 1'000'000};
constexpr IntegerRange kClaimAfter_us{1, 1'000'000};

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
                    .ready = {},
                    .provided_by = {}};
    return;
  }
  level.require_object({"name", "command", "ready", "provided_by"});
  cell.subject = {.kind = SubjectKind::command,
                  .name = level.at("name").text(),
                  .command = {},
                  .ready = level.at("ready").text(),
                  .provided_by = level.has("provided_by") ? level.child("provided_by").text() : ""};
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

void apply_model(const Field& level, const LevelContext& context, Cell& cell) {
  cell.model = level.choice({context.models.begin(), context.models.end()});
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

// "" for a subject that has no such thing.
template <typename Value>
std::string if_etude(const Cell& cell, const Value& value) {
  return cell.subject.kind == SubjectKind::etude ? fmt::format("{}", value) : "";
}

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
    Factor{
        "rate_share",
        [](const Field& l, const LevelContext&, Cell& c) { c.rate_share = l.number(kRateShare); },
        [](const Cell& c) { return if_present(c.rate_share); }},
    Factor{"cores",
           [](const Field& l, const LevelContext&, Cell& c) { c.cores = integer32(l, kCores); },
           [](const Cell& c) { return fmt::format("{}", c.cores); }},
    Factor{"placement", apply_placement, [](const Cell& c) { return placement_text(c.placement); }},
    Factor{"threads_per_core",
           [](const Field& l, const LevelContext&, Cell& c) {
             c.threads_per_core = integer32(l, kThreadsPerCore);
           },
           [](const Cell& c) { return if_etude(c, c.threads_per_core); }},
    Factor{"acceptor",
           [](const Field& l, const LevelContext&, Cell& c) {
             c.acceptor = l.choice({"reuseport", "shared", "one"});
           },
           [](const Cell& c) { return if_etude(c, c.acceptor); }},
    Factor{"backlog",
           [](const Field& l, const LevelContext&, Cell& c) { c.backlog = integer32(l, kBacklog); },
           [](const Cell& c) { return if_present(c.backlog); }},
    Factor{"poll_every",
           [](const Field& l, const LevelContext&, Cell& c) {
             c.driver.poll_every = integer32(l, kPollEvery);
           },
           [](const Cell& c) { return if_etude(c, c.driver.poll_every); }, "--poll-every"},
    Factor{"search_rounds",
           [](const Field& l, const LevelContext&, Cell& c) {
             c.driver.search_rounds = integer32(l, kSearchRounds);
           },
           [](const Cell& c) { return if_etude(c, c.driver.search_rounds); }, "--search-rounds"},
    Factor{"wake_policy",
           [](const Field& l, const LevelContext&, Cell& c) {
             c.driver.wake_policy = l.choice({"throttled", "eager"});
           },
           [](const Cell& c) { return if_etude(c, c.driver.wake_policy); }, "--wake-policy"},
    Factor{"io_claim",
           [](const Field& l, const LevelContext&, Cell& c) {
             c.driver.io_claim = l.choice({"off", "on"});
           },
           [](const Cell& c) { return if_etude(c, c.driver.io_claim); }, "--io-claim"},
    Factor{"claim_after_us",
           [](const Field& l, const LevelContext&, Cell& c) {
             c.driver.claim_after_us = integer32(l, kClaimAfter_us);
           },
           [](const Cell& c) {
             return c.driver.io_claim == "on" ? if_etude(c, c.driver.claim_after_us) : "";
           },
           "--claim-after-us"},
    Factor{"connections",
           [](const Field& l, const LevelContext&, Cell& c) {
             c.connections = integer32(l, kConnections);
           },
           [](const Cell& c) { return fmt::format("{}", c.connections); }},
    Factor{"subject", apply_subject, [](const Cell& c) { return c.subject.name; }},
    Factor{"scheduler", apply_scheduler, scheduler_text},
    Factor{"model", apply_model, [](const Cell& c) { return c.model; }},
};
// clang-format on

}  // namespace

std::span<const Factor> factors() { return kFactors; }

std::vector<std::string_view> factor_names() {
  std::vector<std::string_view> names;
  for (const Factor& factor : kFactors) names.push_back(factor.name);
  return names;
}

}  // namespace etude::harness
