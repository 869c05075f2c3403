#include "experiments/simulator/micro_run.h"

#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>
#include <sstream>

#include "core/clock.h"
#include "core/failure.h"
#include "experiments/harness/checked_json.h"
#include "experiments/harness/process.h"
#include "experiments/harness/subject.h"

namespace etude::sim {
namespace {

constexpr std::size_t kOutput_bytes = 1 << 20;

// "^(one|other)$", so that no other benchmark's name fits.
std::string filter() {
  std::string names;
  for (const std::string_view name : benchmarks_needed()) {
    names += (names.empty() ? "" : "|") + std::string(name);
  }
  return fmt::format("^({})$", names);
}

}  // namespace

std::vector<std::string> find_benchmarks() {
  if (const char* const words = std::getenv("ETUDE_BENCH")) {
    std::istringstream stream(words);
    std::vector<std::string> program;
    for (std::string word; stream >> word;) program.push_back(word);
    return program;
  }
  const std::string path = harness::find_tools().bin + "/etude_bench";
  if (!std::filesystem::exists(path)) {
    throw Error(path, "is not there", "build it: ninja -C build etude_bench");
  }
  return {path};
}

std::string run_benchmarks(const std::vector<std::string>& program) {
  std::vector<std::string> words = program;
  words.insert(words.end(), {"--benchmark_format=json", "--benchmark_filter=" + filter()});
  harness::Process process(
      {.command = words, .cores = {}, .inherited = {}, .capture_bytes = kOutput_bytes});
  if (!process.wait_until(monotonic_ns() + kMicroRun_ns)) {
    throw Error(program.front(), fmt::format("still runs after {} s", kMicroRun_ns / kSecond),
                "run it by hand to see where it hangs");
  }
  if (!process.succeeded()) {
    throw Error(program.front(), fmt::format("failed: {}", process.ending()),
                "run it by hand to see more");
  }
  return process.out().text();
}

MicroTimes parse_benchmarks(const std::string& json_text, const std::string& source) {
  const auto refuse = [&source](std::string_view problem) {
    throw Error(source, problem, "measure again with an etude_bench of this commit");
  };
  const harness::Json json = harness::Json::parse(json_text, nullptr, false);
  if (json.is_discarded() || !json.contains("benchmarks")) refuse("holds no benchmark results");
  MicroTimes times;
  const harness::Field root(json, source, "");
  for (const harness::Field& result : root.at("benchmarks").elements()) {
    const std::string name = result.at("name").text();
    if (result.at("time_unit").text() != "ns") refuse(fmt::format("gives {} not in ns", name));
    const char* const time = name.ends_with("/real_time") ? "real_time" : "cpu_time";
    times[name] = result.at(time).number({0, 1e12});
  }
  return times;
}

}  // namespace etude::sim
