#include "experiments/harness/group.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <map>

#include "core/failure.h"
#include "core/random.h"

namespace etude::harness {
namespace {

const Factor& compared_factor(const Suite& suite) {
  const std::string& name = suite.comparing.factor;
  const auto found = std::find_if(factors().begin(), factors().end(),
                                  [&](const Factor& factor) { return factor.name == name; });
  if (found == factors().end()) {
    throw Error("compare.factor",
                fmt::format("\"{}\" is no factor{}", name, nearest_hint(name, factor_names())),
                fmt::format("use one of: {}", listed(factor_names())));
  }
  return *found;
}

bool is_bare(const Cell& cell) { return cell.subject.kind == SubjectKind::ceiling; }

std::string level_of(const Factor& factor, const Cell& cell) {
  return cell.subject.kind == SubjectKind::etude ? factor.text(cell) : cell.subject.name;
}

// What the load is, whoever answers it: cells with the same may be compared with a subject that has
// no scheduler.
std::string load_key(const Cell& cell) {
  Cell bare = cell;
  bare.subject = {};
  bare.subject.kind = SubjectKind::ceiling;
  bare.subject.name = "";
  bare.label.clear();
  normalise(bare);
  return cell_json(bare).dump();
}

// Everything but the compared factor.
std::string group_key(const Factor& factor, const Cell& cell) {
  if (factor.name == "subject") return load_key(cell);
  Cell rest = cell;
  rest.label.clear();
  Json json = cell_json(rest);
  json.erase(std::string(factor.name));
  return json.dump();
}

// Chosen by measurement (experiments/README.md): a duet reads CPU per request best, and free of
// bias, where each server is one worker that its load keeps busy. Workers that share among
// themselves, and the latency of an open loop, are another regime beside a second server.
Design best_design(const Cell& cell, std::string& reason) {
  if (cell.arrival != "closed") {
    reason = "open loop: a second server on the same cores would set the tail";
    return Design::paired;
  }
  if (cell.workload.think_ms || cell.workload.beside) {
    reason =
        "the load leaves the server idle, or blocks it, at times: a second server would fill in";
    return Design::paired;
  }
  if (cell.cores * cell.threads_per_core > 1) {
    reason = "several workers: beside a second server those that share look busy to one another";
    return Design::paired;
  }
  reason = "one worker that its load keeps busy";
  return Design::duet;
}

Design design_of(const Suite& suite, const Cell& cell, std::string& reason) {
  switch (suite.comparing.design) {
    case DesignChoice::duet:
      reason = "the suite says so";
      return Design::duet;
    case DesignChoice::interleaved:
      reason = "the suite says so";
      return Design::interleaved;
    case DesignChoice::paired:
      reason = "the suite says so";
      return Design::paired;
    case DesignChoice::automatic:
    case DesignChoice::blocks:
      break;
  }
  return best_design(cell, reason);
}

// What a design can judge, in the order that decides when to stop. In a duet throughput says how
// the kernel shared the cores, and latency how long a server waited for its turn.
std::vector<Metric> judged_metrics(const Suite& suite, Design design, const Cell& cell) {
  const bool open = cell.arrival != "closed";
  std::vector<Metric> able;
  if (design == Design::duet) {
    able = {Metric::cpu};
  } else if (open) {
    able = {Metric::p99, Metric::p50, Metric::cpu};
  } else {
    able = {Metric::cpu, Metric::throughput, Metric::p99, Metric::p50};
  }
  std::vector<Metric> judged;
  for (const Metric wanted : suite.comparing.metrics) {
    if (std::find(able.begin(), able.end(), wanted) != able.end()) judged.push_back(wanted);
  }
  return judged.empty() ? std::vector<Metric>{able.front()} : judged;
}

std::string short_hash(const std::string& text) { return hash_text(text).substr(0, 8); }

// Cells that belong together, the baseline first. Cells of a subject without a scheduler join each
// group that has their load.
std::vector<std::vector<Cell>> gather(const Suite& suite, const Factor& factor) {
  std::vector<std::string> keys;
  std::map<std::string, std::vector<Cell>> by_key;
  for (const Cell& cell : suite.cells) {
    if (factor.name != "subject" && cell.subject.kind != SubjectKind::etude) continue;
    const std::string key = group_key(factor, cell);
    if (!by_key.contains(key)) keys.push_back(key);
    by_key[key].push_back(cell);
  }
  std::vector<std::vector<Cell>> gathered;
  for (const std::string& key : keys) {
    std::vector<Cell> cells = by_key[key];
    if (factor.name != "subject") {
      for (const Cell& other : suite.cells) {
        if (other.subject.kind == SubjectKind::etude) continue;
        if (load_key(other) == load_key(cells.front())) cells.push_back(other);
      }
    }
    gathered.push_back(std::move(cells));
  }
  return gathered;
}

// Of the baseline's level; of an A/A pair the one labelled A.
std::size_t baseline_place(const Suite& suite, const Factor& factor,
                           const std::vector<Cell>& cells) {
  const std::string& wanted = suite.comparing.baseline;
  const auto found = std::find_if(cells.begin(), cells.end(), [&](const Cell& cell) {
    if (wanted.empty()) return true;
    return level_of(factor, cell) == wanted ||
           (factor.name == "scheduler" && cell.scheduler.name == wanted);
  });
  if (found != cells.end()) return static_cast<std::size_t>(found - cells.begin());
  std::vector<std::string> levels;
  for (const Cell& cell : cells) levels.push_back(level_of(factor, cell));
  throw Error("compare.baseline",
              fmt::format("\"{}\" is no level of {}{}", wanted, factor.name,
                          nearest_hint(wanted, {levels.begin(), levels.end()})),
              fmt::format("name one of: {}", listed({levels.begin(), levels.end()})));
}

Group make_group(const Suite& suite, const Factor& factor, const Cell& baseline,
                 std::span<const Cell> candidates) {
  Group group;
  group.design = design_of(suite, baseline, group.design_reason);
  group.metrics = judged_metrics(suite, group.design, baseline);
  const auto add = [&](const Cell& cell) {
    group.cells.push_back({cell_id_of(suite, cell), level_of(factor, cell), cell});
  };
  add(baseline);
  std::string identity(design_name(group.design));
  for (const Cell& candidate : candidates) add(candidate);
  for (const GroupCell& cell : group.cells) identity += cell.cell_id;
  group.id = short_hash(identity);
  for (std::size_t i = 1; i < group.cells.size(); ++i) {
    const Cell& cell = group.cells[i].cell;
    Comparison comparison{.id = short_hash(group.id + group.cells[i].cell_id), .candidate = i};
    if (is_bare(cell) && factor.name != "subject") comparison.control = Control::bare;
    if (cell.label == "B") {
      comparison.control = Control::aa;
      for (std::size_t a = 0; a < group.cells.size(); ++a) {
        if (group.cells[a].cell.label == "A") comparison.baseline = a;
      }
    }
    group.comparisons.push_back(comparison);
  }
  return group;
}

// A closed loop keeps all its requests in flight, and they wait for one another: of too many sides
// at once none would answer its connections even once in the measured time.
std::uint32_t most_sides(const Comparing& comparing, const Cell& cell) {
  constexpr std::uint64_t kInFlightMax = 400'000;  // about a second's worth of a core; by hand
  const std::uint64_t in_flight = std::uint64_t{cell.connections} * cell.pipeline;
  const std::uint64_t fitting = std::max<std::uint64_t>(2, kInFlightMax / in_flight);
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(comparing.together, fitting));
}

// Pieces of a gathered set: a duet holds `together` sides at most. A label B needs its A beside it.
void add_groups(const Suite& suite, const Factor& factor, std::vector<Cell> cells,
                std::vector<Group>& groups) {
  if (cells.size() < 2) return;
  std::swap(cells.front(), cells[baseline_place(suite, factor, cells)]);
  std::stable_sort(cells.begin() + 1, cells.end(), [](const Cell& a, const Cell& b) {
    return (a.label == "B") > (b.label == "B");  // the control of all that follow
  });
  std::string reason;
  const Design design = design_of(suite, cells.front(), reason);
  const std::size_t at_once =
      design == Design::paired ? cells.size() - 1 : most_sides(suite.comparing, cells.front()) - 1;
  const std::span<const Cell> candidates(cells.begin() + 1, cells.end());
  for (std::size_t i = 0; i < candidates.size(); i += at_once) {
    groups.push_back(make_group(suite, factor, cells.front(),
                                candidates.subspan(i, std::min(at_once, candidates.size() - i))));
  }
}

void refuse_aa_beside_baseline(const Suite& suite, const std::vector<Group>& groups) {
  for (const Group& group : groups) {
    for (const GroupCell& cell : group.cells) {
      if (cell.cell.label != "B" || group.cells.front().cell.label == "A") continue;
      throw Error(fmt::format("{}: aa", suite.name),
                  fmt::format("pairs {}, which is not the baseline {}", cell.level,
                              group.cells.front().level),
                  "name the baseline in \"aa\"");
    }
  }
}

// The order of a paired round: drawn for two rounds at a time, and reversed by Thue-Morse.
std::vector<std::uint32_t> side_order(const Group& group, std::uint64_t seed, std::uint32_t round) {
  const std::uint64_t drawn_for = group.design == Design::paired ? round / 2 : round;
  std::vector<std::uint32_t> order = shuffled(group.cells.size(), mix_seed(seed + drawn_for));
  if (group.design == Design::paired && std::popcount(round) % 2 != 0) {
    std::reverse(order.begin(), order.end());
  }
  return order;
}

}  // namespace

std::vector<Group> make_groups(const Suite& suite) {
  const Factor& factor = compared_factor(suite);
  std::vector<Group> groups;
  for (std::vector<Cell>& cells : gather(suite, factor)) {
    add_groups(suite, factor, std::move(cells), groups);
  }
  if (groups.empty()) {
    throw Error(fmt::format("{}: compare", suite.name),
                fmt::format("no two cells differ in {} alone", factor.name),
                "give that factor two levels, or ask for an A/A pair with \"aa\"");
  }
  refuse_aa_beside_baseline(suite, groups);
  return groups;
}

std::string pair_id(const Group& group, std::uint32_t round, int attempt) {
  return fmt::format("{}-r{}{}", group.id, round, attempt == 1 ? "" : fmt::format("-a{}", attempt));
}

std::vector<PlannedTrial> round_trials(const Suite& suite, const Group& group, std::size_t place,
                                       std::uint32_t round) {
  const std::uint64_t seed = mix_seed((std::uint64_t{suite.seed} << 32U) | round);
  std::vector<PlannedTrial> trials;
  std::uint32_t side = 0;
  const std::uint64_t order_seed = mix_seed((std::uint64_t{suite.seed} << 32U) | place);
  for (const std::uint32_t cell : side_order(group, order_seed, round)) {
    const auto order = static_cast<std::uint32_t>(place * 64 + side);
    trials.push_back(
        {.trial_id = fmt::format("{}-{}-r{}", group.cells[cell].cell_id, group.id, round),
         .cell_id = group.cells[cell].cell_id,
         .block = round,
         .order = order,
         .seed = static_cast<std::uint32_t>(seed >> 32U),
         .cell = group.cells[cell].cell,
         .pair_id = pair_id(group, round, 1),
         .design = group.design,
         .side = side++});
  }
  return trials;
}

Plan solo_plan(const Suite& suite, const std::vector<Group>& groups) {
  std::vector<Pick> picks;
  for (const std::string& only : suite.comparing.solo_only) picks.push_back(parse_pick(only));
  std::vector<Cell> cells;
  std::vector<std::string> seen;
  for (const Group& group : groups) {
    for (const GroupCell& cell : group.cells) {
      const bool wanted = std::all_of(picks.begin(), picks.end(),
                                      [&](const Pick& pick) { return pick.fits(cell.cell); });
      if (!wanted || std::find(seen.begin(), seen.end(), cell.cell_id) != seen.end()) continue;
      seen.push_back(cell.cell_id);
      cells.push_back(cell.cell);
    }
  }
  Plan plan{.run_id = run_id_of(suite),
            .trials = plan_blocks(suite, cells, suite.comparing.solo_blocks)};
  for (PlannedTrial& trial : plan.trials) trial.design = Design::solo;
  return plan;
}

}  // namespace etude::harness
