#include "experiments/simulator/input_files.h"

#include <fmt/format.h>

#include <filesystem>
#include <set>
#include <string>

#include "core/failure.h"
#include "experiments/harness/plan.h"
#include "experiments/harness/text_file.h"
#include "experiments/simulator/lengths.h"

namespace etude::sim {
namespace {

using harness::Json;

constexpr const char* kKey = "input_files";

// {"file": "times.csv"} and "empirical:FILE,metric=...", however deep.
void collect(const Json& value, std::set<std::string>& names) {
  if (value.is_string()) {
    if (auto name = empirical_file(value.get_ref<const std::string&>())) names.insert(*name);
    return;
  }
  if (!value.is_object()) return;
  for (const auto& [key, child] : value.items()) {
    if (key == "file" && child.is_string()) names.insert(child.get<std::string>());
    collect(child, names);
  }
}

std::set<std::string> files_of(const Json& document) {
  std::set<std::string> names;
  if (!document.is_object() || !document.contains("workloads")) return names;
  const Json& workloads = document["workloads"];
  if (!workloads.is_object()) return names;
  for (const Json& workload : workloads) {
    if (workload.is_object() && workload.contains("simulated")) {
      collect(workload["simulated"], names);
    }
  }
  return names;
}

}  // namespace

void note_input_files(Json& document, const std::string& file, const std::string& directory) {
  const Json said = document.is_object() ? document.value(kKey, Json::object()) : Json::object();
  if (!said.is_object()) {
    throw Error(fmt::format("{}: {}", file, kKey), "is no object of files and their hashes",
                "drop it; etude sim writes it");
  }
  for (const std::string& name : files_of(document)) {
    const auto content = harness::read_text_file(std::filesystem::path(directory) / name);
    if (!content) continue;
    const std::string hash = harness::hash_text(*content);
    if (said.contains(name) && said[name] != hash) {
      throw Error(fmt::format("{}: {}.{}", file, kKey, name), "has changed since it was used",
                  fmt::format("give the file as it was, or drop {}", kKey));
    }
    document[kKey][name] = hash;
  }
}

}  // namespace etude::sim
