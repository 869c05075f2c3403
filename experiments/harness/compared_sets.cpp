#include "experiments/harness/compared_sets.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "core/failure.h"
#include "experiments/harness/plan.h"

namespace etude::harness {
namespace {

// Of a factor that does not apply to a cell, as the scheduler to a bare server.
enum class WhereAbsent : std::uint8_t { fits, excludes };

// Picks of one factor are alternatives, picks of several factors must all fit.
bool fits_all(const std::vector<std::string>& picks, const Cell& cell, WhereAbsent where_absent) {
  std::set<std::string_view> missed;
  std::set<std::string_view> met;
  for (const std::string& text : picks) {
    const Pick pick = parse_pick(text);
    const bool fits =
        pick.factor->text(cell).empty() ? where_absent == WhereAbsent::fits : pick.fits(cell);
    (fits ? met : missed).insert(pick.factor->name);
  }
  return std::includes(met.begin(), met.end(), missed.begin(), missed.end());
}

PickedSet pick(const Suite& suite, const ComparedSet& set) {
  PickedSet picked{.cells = {}, .somaxconn = set.somaxconn};
  for (const Cell& cell : suite.cells) {
    if (fits_all(set.only, cell, WhereAbsent::fits)) picked.cells.push_back(cell);
  }
  // Else a bare server might be the baseline where a scheduler was asked for.
  const auto found = std::find_if(picked.cells.begin(), picked.cells.end(), [&](const Cell& cell) {
    return fits_all(set.baseline, cell, WhereAbsent::excludes);
  });
  if (found == picked.cells.end()) {
    picked.cells.clear();
  } else {
    std::rotate(picked.cells.begin(), found, found + 1);
  }
  return picked;
}

std::vector<const Factor*> varying(std::span<const Cell> cells) {
  std::vector<const Factor*> found;
  for (const Factor& factor : factors()) {
    std::set<std::string> levels;
    for (const Cell& cell : cells) {
      const std::string level = factor.text(cell);
      if (!level.empty()) levels.insert(level);
    }
    if (levels.size() > 1) found.push_back(&factor);
  }
  return found;
}

}  // namespace

std::vector<PickedSet> picked_sets(const Suite& suite) {
  std::vector<PickedSet> sets;
  for (const ComparedSet& set : suite.comparing.sets) {
    PickedSet picked = pick(suite, set);
    if (picked.cells.size() > 1) sets.push_back(std::move(picked));
  }
  return sets;
}

void refuse_empty_sets(const Suite& suite) {
  for (std::size_t i = 0; i < suite.comparing.sets.size(); ++i) {
    const std::size_t cells = pick(suite, suite.comparing.sets[i]).cells.size();
    if (cells > 1) continue;
    throw Error(fmt::format("{}: compare.sets[{}]", suite.name, i),
                cells == 0 ? "has no baseline among the suite's cells"
                           : "has nothing to compare its baseline with",
                "see the cells with \"design\": \"blocks\" and --dry-run");
  }
}

std::string varying_text(std::span<const Cell> cells) {
  std::string text;
  for (const Factor* factor : varying(cells)) {
    text += fmt::format("{}{}", text.empty() ? "" : "+", factor->name);
  }
  return text;
}

std::string level_among(std::span<const Cell> cells, const Cell& cell) {
  std::string names;   // that say by themselves what they are
  std::string levels;  // the others
  for (const Factor* factor : varying(cells)) {
    const std::string level = factor->text(cell);
    if (level.empty()) continue;
    if (factor->name == "scheduler" || factor->name == "workload") {
      names += fmt::format("{}{}", names.empty() ? "" : " ", level);
    } else if (factor->name != "subject") {
      levels += fmt::format(" {}={}", factor->name, level);
    }
  }
  if (cell.subject.kind != SubjectKind::etude) names = cell.subject.name;
  if (names.empty() && levels.empty()) return cell.subject.name;
  return names.empty() ? levels.substr(1) : names + levels;
}

}  // namespace etude::harness
