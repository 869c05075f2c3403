#include "experiments/harness/suite.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "core/failure.h"
#include "core/host.h"

namespace etude::harness {
namespace {

constexpr IntegerRange kSeed{0, 0xffff'ffff};
constexpr IntegerRange kBlocks{1, 10'000};
constexpr IntegerRange kLoadThreads{1, 64};
constexpr IntegerRange kRetries{0, 5};
constexpr RealRange kWarmup_s{0, 3'600};
constexpr RealRange kDuration_s{0.1, 86'400};
constexpr std::size_t kCellsMax = 100'000;

const std::vector<std::string_view> kTopKeys{
    "name",    "about",       "seed",      "blocks",  "warmup_s", "duration_s", "load_threads",
    "retries", "aa",          "workloads", "factors", "points",   "client",     "client_realtime",
    "models",  "input_files", "design",    "compare", "until",    "solo"};

std::map<std::string, Workload> read_workloads(const Field& top) {
  std::map<std::string, Workload> workloads;
  const Field field = top.at("workloads");
  if (!field.json().is_object() || field.json().empty()) {
    field.refuse("is no object with workloads",
                 "write {\"plaintext\": {\"path\": \"/plaintext\"}}");
  }
  for (const auto& [name, value] : field.json().items()) {
    workloads[name] = read_workload(field.child(name));
    workloads[name].name = name;
  }
  return workloads;
}

// The levels of one factor: from the point where it is given there, else from `factors`.
std::vector<Field> levels_of(const Factor& factor, const Field& common, const Field* point) {
  for (const Field* source : {point, &common}) {
    if (source == nullptr || !source->has(factor.name)) continue;
    const Field field = source->child(factor.name);
    const std::vector<Field> levels = field.elements();
    if (levels.empty()) field.refuse("is an empty list", "give at least one level");
    return levels;
  }
  return {};
}

// Their names; what they mean is the simulator's business.
std::vector<std::string> model_names(const Field& top) {
  std::vector<std::string> names;
  if (!top.has("models")) return names;
  const Field field = top.child("models");
  if (!field.json().is_object() || field.json().empty()) {
    field.refuse("is no object with models", "write {\"free\": {\"costs\": \"zero\"}}");
  }
  for (const auto& [name, value] : field.json().items()) names.push_back(name);
  return names;
}

// Every combination of one point's levels with those of `factors`.
std::vector<Cell> cross(const Field& common, const Field* point, const LevelContext& context) {
  std::vector<Cell> cells(1);
  for (const Factor& factor : factors()) {
    const std::vector<Field> levels = levels_of(factor, common, point);
    if (levels.empty()) continue;
    if (cells.size() * levels.size() > kCellsMax) {
      common.refuse(fmt::format("make more than {} cells", kCellsMax), "split the suite");
    }
    std::vector<Cell> crossed;
    for (const Cell& cell : cells) {
      for (const Field& level : levels) {
        crossed.push_back(cell);
        factor.apply(level, context, crossed.back());
      }
    }
    cells = std::move(crossed);
  }
  return cells;
}

// What no single level shows: that something is missing, or fits nothing beside it.
void check_cell(Cell& cell, SuiteUse use, const Field& where) {
  if (cell.workload.name.empty()) {
    where.refuse("\"workload\" is missing", "add it to factors, or to this point");
  }
  if (cell.connections == 0) {
    where.refuse("\"connections\" is missing", "add it to factors, or to this point");
  }
  if (cell.subject.kind == SubjectKind::etude && cell.scheduler.name.empty()) {
    where.refuse("\"scheduler\" is missing for the subject etude",
                 "add it to factors, or to this point");
  }
  if (cell.arrival != "closed" && !cell.rate_rps && !cell.rate_share) {
    where.refuse(fmt::format("arrival \"{}\" has no rate", cell.arrival),
                 "add \"rate_rps\": requests per second over all connections, or \"rate_share\"");
  }
  if (cell.rate_rps && cell.rate_share) {
    where.refuse("has both \"rate_rps\" and \"rate_share\"", "keep one of the two");
  }
  if (cell.workload.think_ms && (cell.arrival != "closed" || cell.mode != "batch")) {
    where.refuse(fmt::format("workload \"{}\" has think_ms, and only a closed loop in batches "
                             "waits for an answer and then thinks",
                             cell.workload.name),
                 "drop arrival and mode, or think_ms");
  }
  if (use == SuiteUse::measured) {
    cell.model.clear();
    if (!cell.workload.has_path) {
      where.refuse(fmt::format("workload \"{}\" has no path: only a model can answer it",
                               cell.workload.name),
                   "run it with etude sim, or give it a path");
    }
  }
  normalise(cell);
}

// A rate that no cell of these levels has a use for: a closed loop sends when it is answered.
void check_rate(const std::vector<Cell>& crossed, const Field& where) {
  const bool open = std::any_of(crossed.begin(), crossed.end(),
                                [](const Cell& cell) { return cell.arrival != "closed"; });
  for (const char* rate : {"rate_rps", "rate_share"}) {
    if (open || !where.has(rate)) continue;
    where.child(rate).refuse("stands beside a closed loop, which sends when it is answered",
                             R"(add "arrival": "poisson", or drop the rate)");
  }
}

// Labels the cells of one scheduler "A" and adds a copy labelled "B" of each. No cell and no
// server knows which is which, so whatever differs between them is noise.
void add_aa_pair(const Field& top, std::vector<Cell>& cells) {
  if (!top.has("aa")) return;
  const Field field = top.child("aa");
  std::string wanted;
  if (field.json().is_string()) {
    wanted = field.text();
  } else if (!field.boolean()) {
    return;
  }
  const Factor& scheduler = *std::find_if(factors().begin(), factors().end(),
                                          [](const Factor& f) { return f.name == "scheduler"; });
  std::vector<std::string> names;
  for (const Cell& cell : cells) {
    if (cell.subject.kind == SubjectKind::etude) names.push_back(scheduler.text(cell));
  }
  if (names.empty()) field.refuse("there is no scheduler to pair", "remove \"aa\"");
  if (wanted.empty()) wanted = names.front();
  if (std::find(names.begin(), names.end(), wanted) == names.end()) {
    field.refuse(fmt::format("\"{}\" is no scheduler of this suite{}", wanted,
                             nearest_hint(wanted, {names.begin(), names.end()})),
                 "name one as factors.scheduler does, or write true for the first");
  }
  std::vector<Cell> with_pair;
  for (const Cell& cell : cells) {
    if (cell.subject.kind != SubjectKind::etude || scheduler.text(cell) != wanted) {
      with_pair.push_back(cell);
      continue;
    }
    for (const char label : {'A', 'B'}) {
      with_pair.push_back(cell);
      with_pair.back().label = std::string(1, label);
    }
  }
  cells = std::move(with_pair);
}

std::vector<Cell> read_cells(const Field& top, SuiteUse use,
                             const SchedulerCheck& check_scheduler) {
  const std::map<std::string, Workload> workloads = read_workloads(top);
  const std::vector<std::string> models = model_names(top);
  const LevelContext context{
      .workloads = workloads, .models = models, .check_scheduler = check_scheduler};
  const Field common = top.at("factors");
  common.require_object(factor_names());

  std::vector<Cell> cells;
  std::set<std::string> seen;
  const auto keep_new = [&](std::vector<Cell> crossed, const Field& where) {
    check_rate(crossed, where);
    for (Cell& cell : crossed) {
      check_cell(cell, use, where);
      if (seen.insert(cell_json(cell).dump()).second) cells.push_back(std::move(cell));
    }
  };
  if (top.has("points")) {
    const Field points = top.child("points");
    if (!points.json().is_array() || points.json().empty()) {
      points.refuse("is no list of points", "write [{\"workload\": ...}, ...]");
    }
    for (const Field& point : points.elements()) {
      point.require_object(factor_names());
      keep_new(cross(common, &point, context), point);
    }
  } else {
    keep_new(cross(common, nullptr, context), common);
  }
  add_aa_pair(top, cells);
  return cells;
}

std::string read_name(const Field& top, const std::string& file) {
  std::string name = std::filesystem::path(file).stem().string();
  if (top.has("name")) {
    name = top.child("name").text();
    if (name.empty() || name.find_first_of(" ,\"/\n") != std::string::npos) {
      top.child("name").refuse(fmt::format("\"{}\" cannot name a run", name),
                               "use letters, digits, - and _");
    }
  }
  return name;
}

void fill_in_half(Json& holder, const char* key, std::uint32_t half) {
  if (!holder.is_object() || !holder.contains(key)) return;
  Json& value = holder[key];
  if (value == "half") value = half;
  if (!value.is_array()) return;
  for (Json& level : value) {
    if (level == "half") level = half;
  }
}

}  // namespace

Json with_halves(Json document, std::uint32_t cores_usable) {
  const std::uint32_t half = std::max(1U, cores_usable / 2);
  fill_in_half(document, "load_threads", half);
  if (!document.is_object()) return document;
  if (document.contains("factors")) fill_in_half(document["factors"], "cores", half);
  if (document.contains("points") && document["points"].is_array()) {
    for (Json& point : document["points"]) fill_in_half(point, "cores", half);
  }
  return document;
}

Suite parse_suite(const Json& document, const std::string& file, const SuiteOverrides& overrides,
                  const SchedulerCheck& check_scheduler) {
  const Field top(document, file, "");
  top.require_object(kTopKeys);
  Suite suite;
  suite.name = read_name(top, file);
  if (top.has("about")) top.child("about").text();
  if (top.has("seed")) suite.seed = static_cast<std::uint32_t>(top.child("seed").integer(kSeed));
  suite.comparing = read_comparing(top);
  suite.use = overrides.use;
  const bool by_rounds = suite.compares_by_rounds();
  if (by_rounds && overrides.blocks) {
    throw Error("--blocks", "this suite compares by rounds, until the evidence is there",
                "drop --blocks, or change \"until\" in the suite");
  }
  if (!by_rounds || top.has("blocks")) {
    suite.blocks = static_cast<std::uint32_t>(top.at("blocks").integer(kBlocks));
  }
  suite.warmup_s = top.at("warmup_s").number(kWarmup_s);
  suite.duration_s = top.at("duration_s").number(kDuration_s);
  if (top.has("load_threads")) {
    suite.load_threads =
        static_cast<std::uint32_t>(top.child("load_threads").integer(kLoadThreads));
  }
  if (top.has("retries")) suite.retries = static_cast<int>(top.child("retries").integer(kRetries));
  if (top.has("client_realtime")) suite.client_realtime = top.child("client_realtime").boolean();
  if (top.has("client")) suite.client = read_remote_client(top.child("client"));
  suite.seed = overrides.seed.value_or(suite.seed);
  suite.blocks = overrides.blocks.value_or(suite.blocks);
  suite.duration_s = overrides.duration_s.value_or(suite.duration_s);
  suite.cells = read_cells(top, suite.use, check_scheduler);
  suite.as_run = document;
  suite.as_run["name"] = suite.name;
  suite.as_run["seed"] = suite.seed;
  if (suite.blocks > 0) suite.as_run["blocks"] = suite.blocks;
  if (overrides.duration_s) suite.as_run["duration_s"] = suite.duration_s;
  return suite;
}

Suite read_suite(const std::string& path, const SuiteOverrides& overrides,
                 const SchedulerCheck& check_scheduler) {
  const auto cores_usable = static_cast<std::uint32_t>(usable_cores().size());
  return parse_suite(with_halves(read_json_file(path), cores_usable), path, overrides,
                     check_scheduler);
}

}  // namespace etude::harness
