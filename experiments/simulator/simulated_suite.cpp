#include "experiments/simulator/simulated_suite.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <iterator>

#include "core/host.h"
#include "experiments/simulator/costs_file.h"
#include "experiments/simulator/input_files.h"

namespace etude::sim {
namespace {

namespace fs = std::filesystem;
using harness::Field;
using harness::Json;

// Of a model that names none: the first of these that is there, with what a reader should know.
struct DefaultCosts {
  const char* name;
  const char* note;
};
constexpr DefaultCosts kDefaultCosts[] = {
    {"this-machine", ""},
    {"xeon-vm-2",
     "costs xeon-vm-2 are those of another machine; etude calibrate measures this one"},
    {"zero",
     "nothing costs time but the service: no costs/this-machine.json, which etude calibrate "
     "writes"},
};
constexpr std::uint32_t kWorkersMax = 1'024;

std::string directory_of(const std::string& path) {
  const std::string directory = fs::path(path).parent_path().string();
  return directory.empty() ? "." : directory;
}

ModelPlaces places_of(const SuiteRequest& request) {
  ModelPlaces places{.costs_directory = request.costs_directory,
                     .suite_directory = directory_of(request.path),
                     .default_costs = {},
                     .default_note = {}};
  std::string name = request.costs;
  if (name.empty()) {
    const auto found = std::find_if(
        std::begin(kDefaultCosts), std::end(kDefaultCosts) - 1, [&](const DefaultCosts& costs) {
          return fs::exists(fs::path(request.costs_directory) / fmt::format("{}.json", costs.name));
        });
    name = found->name;
    places.default_note = found->note;
  }
  places.default_costs = read_costs(name, request.costs_directory);
  return places;
}

void set_cores(Json& holder, std::uint32_t cores) {
  if (holder.is_object() && holder.contains("cores")) holder["cores"] = cores;
}

// Every cell gets so many, whatever it had; cells that are then equal are one.
void override_cores(Json& document, std::uint32_t cores) {
  if (!document.is_object() || !document.contains("factors")) return;  // the suite's reader says it
  if (document["factors"].is_object()) document["factors"]["cores"] = cores;
  if (!document.contains("points") || !document["points"].is_array()) return;
  for (Json& point : document["points"]) set_cores(point, cores);
}

// Replaces "models" in the document by what they come to; with none there is one, of the default
// costs and named after them.
std::map<std::string, ModelOptions> resolve_models(Json& document, const std::string& file,
                                                   const ModelPlaces& places) {
  std::map<std::string, ModelOptions> models;
  if (!document.is_object()) return models;
  if (!document.contains("models")) {
    document["models"][places.default_costs.name] = Json::object();
  }
  if (!document["models"].is_object()) return models;  // the suite's reader says it
  const Json written = document["models"];
  for (const auto& [name, model] : written.items()) {
    models[name] = read_model(Field(model, file, "models." + name), name, places);
    document["models"][name] = resolved_json(models[name]);
  }
  return models;
}

// A cell whose suite has no factor "model" is of the first.
void fill_in_models(harness::Suite& suite) {
  const std::string first = suite.as_run["models"].begin().key();
  for (harness::Cell& cell : suite.cells) {
    if (cell.model.empty()) cell.model = first;
  }
}

// Shares of a trace's rate are shares of what it was recorded at: 1 is the trace as it is.
void use_trace_rates(SimulatedSuite& read) {
  for (harness::Cell& cell : read.suite.cells) {
    const auto work = read.work.find(cell.workload.name);
    if (work == read.work.end() || !work->second.trace) continue;
    if (!cell.workload.capacity_rps) cell.workload.capacity_rps = work->second.trace->rate_rps();
  }
}

void check_cell(const harness::Cell& cell, const SimulatedSuite& read, const std::string& file) {
  const Json none;
  const Field factors(none, file, "factors");
  if (std::uint64_t{cell.cores} * cell.threads_per_core > kWorkersMax) {
    factors.refuse(fmt::format("make {} cores of {} threads, and a model has at most {} workers",
                               cell.cores, cell.threads_per_core, kWorkersMax),
                   "lower cores or threads_per_core");
  }
  const bool modelled = !read.models.at(cell.model).ideal_client;
  if (modelled && read.suite.load_threads > cell.connections) {
    factors.refuse(fmt::format("make {} connections, and {} load_threads have one each at least",
                               cell.connections, read.suite.load_threads),
                   "lower load_threads, or raise connections");
  }
  const auto found = read.work.find(cell.workload.name);
  if (found == read.work.end()) return;
  const Field workload(none, file, "workloads." + cell.workload.name);
  const SimulatedWork& work = found->second;
  if (!work.handler && !cell.workload.has_path) {
    workload.refuse("says not what a request costs", R"(add "service": "exp:5", or a path)");
  }
  if (work.arrivals && cell.arrival == "closed") {
    workload.refuse("has arrivals, and a closed loop has none of its own",
                    R"(write "arrival": "poisson" with a rate, which its arrivals replace)");
  }
  if (work.think && (cell.arrival != "closed" || cell.mode != "batch")) {
    workload.refuse("has think, and only a closed loop in batches waits for an answer",
                    "drop arrival and mode, or think");
  }
}

}  // namespace

std::string find_costs_directory(const std::string& bin, const std::string& suite_path) {
  for (const char* place : {"../experiments/simulator/costs", "../share/etude/simulator/costs"}) {
    const fs::path costs = fs::path(bin) / place;  // in a clone; installed
    if (fs::is_directory(costs)) return costs.lexically_normal().string();
  }
  return (fs::path(directory_of(suite_path)) / "../simulator/costs").lexically_normal().string();
}

SimulatedSuite read_simulated_suite(const SuiteRequest& request) {
  const auto cores_usable = static_cast<std::uint32_t>(usable_cores().size());
  Json document = harness::with_halves(
      request.document ? *request.document : harness::read_json_file(request.path), cores_usable);
  if (request.cores) override_cores(document, *request.cores);
  const ModelPlaces places = places_of(request);
  SimulatedSuite read;
  read.file = request.path;
  read.models = resolve_models(document, request.path, places);
  note_input_files(document, request.path, places.suite_directory);
  harness::SuiteOverrides overrides = request.overrides;
  overrides.use = harness::SuiteUse::simulated;
  read.suite = harness::parse_suite(document, request.path, overrides, request.check_scheduler);
  read.suite.retries = 0;  // it would come to the same
  fill_in_models(read.suite);
  for (const harness::Cell& cell : read.suite.cells) {
    const std::string& name = cell.workload.name;
    if (cell.workload.simulated.is_null() || read.work.contains(name)) continue;
    read.work[name] = read_simulated_work(
        Field(cell.workload.simulated, request.path, "workloads." + name + ".simulated"),
        places.suite_directory);
  }
  use_trace_rates(read);
  for (const harness::Cell& cell : read.suite.cells) check_cell(cell, read, request.path);
  return read;
}

}  // namespace etude::sim
