#include "experiments/harness/capacity.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace etude::harness {
namespace {

bool needs_measuring(const Cell& cell) {
  return cell.rate_share.has_value() && !cell.workload.capacity_rps;
}

std::uint32_t connections_measured(const Cell& cell) {
  return cell.workload.capacity_connections.value_or(cell.connections);
}

// One capacity for all cells of a slice. Turned down: one per scheduler, acceptor or other
// variable of study, which would offer each of them another load.
std::string capacity_id(const Suite& suite, const Cell& cell) {
  Json slice = Json::object();
  slice["workload"] = cell.workload.name;
  describe_workload(cell.workload, slice);
  slice["pipeline"] = cell.pipeline;
  slice["connections"] = connections_measured(cell);
  slice["cores"] = cell.cores;
  slice["placement"] = placement_text(cell.placement);
  if (!cell.model.empty()) slice["model"] = cell.model;
  slice["warmup_s"] = suite.warmup_s;
  slice["duration_s"] = suite.duration_s;
  slice["load_threads"] = suite.load_threads;
  return fmt::format("{}-{}", hash_text(slice.dump()).substr(0, 12), kCapacityLabel);
}

// Behind the first block's trials in the tables, though it ran before them: their places are
// theirs, however many capacities there are.
PlannedTrial capacity_trial(const Suite& suite, const std::string& id, const Cell& cell,
                            std::size_t nth) {
  PlannedTrial trial{.trial_id = id,
                     .cell_id = id,
                     .block = 0,
                     .order = static_cast<std::uint32_t>(suite.cells.size() + nth),
                     .seed = suite.seed,
                     .cell = cell};
  trial.cell.arrival = "closed";
  trial.cell.connections = connections_measured(cell);
  trial.cell.label = kCapacityLabel;
  normalise(trial.cell);
  return trial;
}

// Of the last attempt.
std::optional<double> measured_rps(const Journal& journal, const std::string& id) {
  const auto& entries = journal.entries();
  const auto last = std::find_if(entries.rbegin(), entries.rend(), [&](const JournalEntry& entry) {
    return entry.trial_id.starts_with(id);
  });
  return last == entries.rend() ? std::nullopt : journal.read(*last).trial.throughput_rps;
}

}  // namespace

void put_capacities_first(const Suite& suite, Plan& plan) {
  struct Slice {
    std::string id;
    const Cell* cell;
    bool needed = false;
  };
  std::vector<Slice> slices;
  std::map<std::string, std::size_t> place;
  for (const Cell& cell : suite.cells) {
    if (!needs_measuring(cell)) continue;
    const std::string id = capacity_id(suite, cell);
    const auto [known, is_new] = place.try_emplace(id, slices.size());
    if (is_new) slices.push_back({.id = id, .cell = &cell});
    const Cell*& chosen = slices[known->second].cell;
    if (chosen->subject.kind != SubjectKind::etude && cell.subject.kind == SubjectKind::etude) {
      chosen = &cell;
    }
  }
  for (const PlannedTrial& trial : plan.trials) {
    if (needs_measuring(trial.cell)) {
      slices[place.at(capacity_id(suite, trial.cell))].needed = true;
    }
  }
  std::vector<PlannedTrial> first;
  for (std::size_t nth = 0; nth < slices.size(); ++nth) {
    const Slice& slice = slices[nth];
    if (slice.needed) first.push_back(capacity_trial(suite, slice.id, *slice.cell, nth));
  }
  plan.trials.insert(plan.trials.begin(), first.begin(), first.end());
}

bool measures_capacity(const PlannedTrial& trial) { return trial.cell.label == kCapacityLabel; }

PlannedTrial with_rate(const Suite& suite, const PlannedTrial& trial, const Journal& journal) {
  PlannedTrial rated = trial;
  if (!trial.cell.rate_share) return rated;
  const std::optional<double> capacity_rps =
      trial.cell.workload.capacity_rps ? trial.cell.workload.capacity_rps
                                       : measured_rps(journal, capacity_id(suite, trial.cell));
  // Whole requests per second: what is recorded is then what was asked for, digit by digit.
  if (capacity_rps) {
    rated.cell.rate_rps = std::max(1.0, std::round(*trial.cell.rate_share * *capacity_rps));
  }
  return rated;
}

}  // namespace etude::harness
