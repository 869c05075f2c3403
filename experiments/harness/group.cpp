#include "experiments/harness/group.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <span>

#include "core/failure.h"
#include "core/random.h"
#include "experiments/harness/gathered.h"

namespace etude::harness {
namespace {

bool is_bare(const Cell& cell) { return cell.subject.kind == SubjectKind::ceiling; }

// Chosen by measurement (experiments/README.md): a duet reads CPU per request best, and free of
// bias, where each server is one worker that its load keeps busy. Workers that share among
// themselves, and the latency of an open loop, are another regime beside a second server.
Design best_design(const Gathered& gathered, std::string& reason) {
  const Cell& cell = gathered.cells.front().cell;
  if (!gathered.one_load) {
    reason = "the sides differ in their load: the heavier would take more of the cores";
    return Design::paired;
  }
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

Design design_of(const Suite& suite, const Gathered& gathered, std::string& reason) {
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
  return best_design(gathered, reason);
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

// The A of an A/A pair's B.
std::size_t place_of_twin(const Group& group, const Cell& second) {
  for (std::size_t i = 0; i < group.cells.size(); ++i) {
    Cell twin = group.cells[i].cell;
    if (twin.label != "A") continue;
    twin.label = second.label;
    if (cell_json(twin) == cell_json(second)) return i;
  }
  return 0;
}

Group make_group(const Suite& suite, const Gathered& gathered,
                 std::span<const GatheredCell> candidates) {
  const GatheredCell& baseline = gathered.cells.front();
  Group group;
  group.factor = gathered.factor;
  group.somaxconn = gathered.somaxconn;
  group.design = design_of(suite, gathered, group.design_reason);
  group.metrics = judged_metrics(suite, group.design, baseline.cell);
  const auto add = [&](const GatheredCell& cell) {
    group.cells.push_back({cell_id_of(suite, cell.cell), cell.level, cell.cell});
  };
  add(baseline);
  std::string identity(design_name(group.design));
  for (const GatheredCell& candidate : candidates) add(candidate);
  for (const GroupCell& cell : group.cells) identity += cell.cell_id;
  group.id = short_hash(identity);
  const bool bare_is_control =
      !(suite.comparing.sets.empty() && gathered.factor == "subject") && !is_bare(baseline.cell);
  for (std::size_t i = 1; i < group.cells.size(); ++i) {
    const Cell& cell = group.cells[i].cell;
    Comparison comparison{.id = short_hash(group.id + group.cells[i].cell_id), .candidate = i};
    if (is_bare(cell) && bare_is_control) comparison.control = Control::bare;
    if (cell.label == "B") {
      comparison.control = Control::aa;
      comparison.baseline = place_of_twin(group, cell);
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

// Pieces of what was gathered: a duet holds `together` sides at most. A label B needs its A beside
// it.
void add_groups(const Suite& suite, Gathered gathered, std::vector<Group>& groups) {
  std::vector<GatheredCell>& cells = gathered.cells;
  std::stable_sort(cells.begin() + 1, cells.end(),
                   [](const GatheredCell& a, const GatheredCell& b) {
                     return (a.cell.label == "B") > (b.cell.label == "B");  // control of the rest
                   });
  std::string reason;
  const std::size_t at_once = design_of(suite, gathered, reason) == Design::paired
                                  ? cells.size() - 1
                                  : most_sides(suite.comparing, cells.front().cell) - 1;
  const std::span<const GatheredCell> candidates(cells.begin() + 1, cells.end());
  for (std::size_t i = 0; i < candidates.size(); i += at_once) {
    groups.push_back(make_group(suite, gathered,
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
  std::vector<Group> groups;
  for (Gathered& gathered : gather(suite)) add_groups(suite, std::move(gathered), groups);
  if (groups.empty()) {
    const std::string factor = suite.comparing.factor;
    throw Error(fmt::format("{}: compare", suite.name),
                suite.comparing.sets.empty()
                    ? fmt::format("no two cells differ in {} alone", factor)
                    : "no set holds a baseline and a candidate",
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
