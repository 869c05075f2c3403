#include "experiments/harness/core_settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>

#include "experiments/harness/text_file.h"

namespace etude::harness {
namespace {

namespace fs = std::filesystem;

fs::path core_dir(std::uint32_t core, const fs::path& root) {
  return root / fmt::format("sys/devices/system/cpu/cpu{}", core);
}

std::string line_of(const fs::path& path) {
  const std::string text = read_text_file(path).value_or("");
  return text.empty() ? "unknown" : text.substr(0, text.find('\n'));
}

bool has(const std::vector<std::uint32_t>& cores, std::uint32_t core) {
  return std::find(cores.begin(), cores.end(), core) != cores.end();
}

// "0,4-6" -> 0, 4, 5, 6; nothing of what is no such list.
std::vector<std::uint32_t> cores_in(const std::string& list) {
  std::vector<std::uint32_t> cores;
  std::istringstream parts(list);
  std::uint32_t first = 0;
  while (parts >> first) {
    std::uint32_t last = first;
    if (parts.peek() == '-' && !(parts.ignore() >> last)) return {};
    for (std::uint32_t core = first; core <= last; ++core) cores.push_back(core);
    parts.ignore();  // the comma
  }
  return cores;
}

}  // namespace

CoreSettings core_settings(std::uint32_t core, const fs::path& root) {
  const fs::path dir = core_dir(core, root);
  CoreSettings settings{.hyperthreads = line_of(dir / "topology/thread_siblings_list"),
                        .governor = line_of(dir / "cpufreq/scaling_governor"),
                        .idle_states = {}};
  for (int i = 0;; ++i) {
    const fs::path state = dir / fmt::format("cpuidle/state{}", i);
    const std::string name = line_of(state / "name");
    if (name == "unknown") return settings;
    Nanos latency_us = 0;
    std::istringstream(line_of(state / "latency")) >> latency_us;
    settings.idle_states.push_back({.name = name,
                                    .exit_latency_ns = latency_us * kMicrosecond,
                                    .enabled = line_of(state / "disable") != "1"});
  }
}

std::optional<bool> siblings_shared(const CorePair& cores, const fs::path& root) {
  if (cores.client.empty()) return std::nullopt;
  bool shared = false;
  for (const std::uint32_t core : cores.server) {
    if (has(cores.client, core)) return std::nullopt;
    const auto hyperthreads =
        cores_in(line_of(core_dir(core, root) / "topology/thread_siblings_list"));
    if (hyperthreads.empty()) return std::nullopt;
    shared = shared || std::any_of(hyperthreads.begin(), hyperthreads.end(),
                                   [&](std::uint32_t it) { return has(cores.client, it); });
  }
  return shared;
}

}  // namespace etude::harness
