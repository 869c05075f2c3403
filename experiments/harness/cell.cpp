#include "experiments/harness/cell.h"

#include <fmt/format.h>

namespace etude::harness {
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

std::string driver_text(const Cell& cell) {
  std::string text;
  for (const Factor& factor : factors()) {
    const std::string value = factor.serve_flag.empty() ? "" : factor.text(cell);
    if (!value.empty()) text += fmt::format("{}{}={}", text.empty() ? "" : " ", factor.name, value);
  }
  return text;
}

void normalise(Cell& cell) {
  if (cell.arrival == "closed") {
    cell.rate_rps.reset();
    cell.rate_share.reset();
  } else {
    cell.mode = "window";  // an open loop sends each request when it is due, not in batches
  }
  const Cell defaults;
  if (cell.driver.io_claim == "off") cell.driver.claim_after_us = defaults.driver.claim_after_us;
  if (cell.subject.kind == SubjectKind::etude) return;
  cell.scheduler = defaults.scheduler;
  cell.driver = defaults.driver;
  cell.threads_per_core = defaults.threads_per_core;
  cell.acceptor = defaults.acceptor;
  cell.backlog = defaults.backlog;
}

Json cell_json(const Cell& cell) {
  Json json = Json::object();
  for (const Factor& factor : factors()) json[std::string(factor.name)] = factor.text(cell);
  if (cell.model.empty()) json.erase("model");  // what is measured keeps its identity
  json["command"] = cell.subject.command;
  json["ready"] = cell.subject.ready;
  describe_workload(cell.workload, json);
  json["label"] = cell.label;
  return json;
}

}  // namespace etude::harness
