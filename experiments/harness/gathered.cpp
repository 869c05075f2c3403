#include "experiments/harness/gathered.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "core/failure.h"
#include "experiments/harness/compared_sets.h"

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

// Cells that belong together, the baseline first. Cells of a subject without a scheduler join each
// group that has their load.
std::vector<std::vector<Cell>> gather_by(const Suite& suite, const Factor& factor) {
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

Gathered of_factor(const Suite& suite, const Factor& factor, std::vector<Cell> cells) {
  std::swap(cells.front(), cells[baseline_place(suite, factor, cells)]);
  Gathered gathered{.factor = std::string(factor.name), .cells = {}};
  for (Cell& cell : cells) {
    std::string level = level_of(factor, cell);
    gathered.cells.push_back({.level = std::move(level), .cell = std::move(cell)});
  }
  return gathered;
}

Gathered of_set(PickedSet set) {
  Gathered gathered{.factor = varying_text(set.cells), .cells = {}, .somaxconn = set.somaxconn};
  const std::string load = load_key(set.cells.front());
  for (const Cell& cell : set.cells) {
    gathered.cells.push_back({.level = level_among(set.cells, cell), .cell = cell});
    gathered.one_load = gathered.one_load && load_key(cell) == load;
  }
  return gathered;
}

}  // namespace

std::vector<Gathered> gather(const Suite& suite) {
  std::vector<Gathered> gathered;
  if (!suite.comparing.sets.empty()) {
    for (PickedSet& set : picked_sets(suite)) gathered.push_back(of_set(std::move(set)));
    return gathered;
  }
  const Factor& factor = compared_factor(suite);
  for (std::vector<Cell>& cells : gather_by(suite, factor)) {
    if (cells.size() > 1) gathered.push_back(of_factor(suite, factor, std::move(cells)));
  }
  return gathered;
}

}  // namespace etude::harness
