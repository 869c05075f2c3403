#include "experiments/simulator/simulated_work.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <fstream>

#include "core/failure.h"

namespace etude::sim {
namespace {

using harness::Field;

constexpr harness::RealRange kSlice_us{0.001, 1e6};
constexpr harness::IntegerRange kForks{0, 1'024};
constexpr double kTraceMax_us = 1e12;          // eleven days
constexpr Nanos kStretchedMax_ns = 1LL << 61;  // two of them still make a time

class Reader {
 public:
  Reader(const Field& field, const std::string& directory) : field_(field), directory_(directory) {}

  // Always 0 where the key is not there.
  Lengths lengths(const char* key) const {
    if (!field_.has(key)) return {};
    const Field value = field_.child(key);
    try {
      return parse_lengths(value.text(), directory_);
    } catch (const Error& mistake) {
      value.refuse(mistake.what(), "see experiments/simulator/README.md");
    }
  }

 private:
  const Field& field_;
  const std::string& directory_;
};

std::optional<Handler> read_handler(const Field& field, const Reader& reader) {
  bool any = false;
  for (const char* key : {"service", "slice_us", "forks", "fork_service", "block", "sleep"}) {
    any = any || field.has(key);
  }
  if (!any) return std::nullopt;
  Handler handler{.service = reader.lengths("service"),
                  .fork_service = reader.lengths("fork_service"),
                  .block = reader.lengths("block"),
                  .sleep = reader.lengths("sleep")};
  if (field.has("slice_us")) {
    handler.slice_ns = std::llround(field.child("slice_us").number(kSlice_us) * kMicrosecond);
  }
  if (field.has("forks")) {
    handler.forks = static_cast<std::uint32_t>(field.child("forks").integer(kForks));
  } else if (field.has("fork_service")) {
    field.child("fork_service").refuse("stands without forks", "add \"forks\": how many");
  }
  return handler;
}

void read_arrivals(const Field& field, const std::string& directory, SimulatedWork& work) {
  field.require_object({"kind", "on", "off", "file"});
  Arrivals& arrivals = work.arrivals.emplace();
  if (field.at("kind").choice({"on_off", "trace"}) == "on_off") {
    arrivals.kind = Arrivals::Kind::on_off;
    field.at("on");
    field.at("off");
    const Reader reader(field, directory);
    arrivals.on = reader.lengths("on");
    arrivals.off = reader.lengths("off");
    if (arrivals.on.mean_ns() <= 0) field.child("on").refuse("is never on", "give it a length");
    return;
  }
  arrivals.kind = Arrivals::Kind::trace;
  const Field file = field.at("file");
  try {
    work.trace = std::make_shared<const Trace>(
        read_trace((std::filesystem::path(directory) / file.text()).string()));
  } catch (const Error& mistake) {
    file.refuse(mistake.what(), "see experiments/simulator/README.md");
  }
}

// A first line of words is a header.
bool is_header(const std::string& line, bool first) {
  return first && line.find_first_of("0123456789") == std::string::npos;
}

}  // namespace

Trace read_trace(const std::string& path) {
  std::ifstream file(path);
  if (!file) throw Error(path, "cannot be read", "check the path");
  std::vector<double> times_us;
  std::string line;
  for (std::size_t number = 1; std::getline(file, line); ++number) {
    if (line.ends_with('\r')) line.pop_back();
    if (line.empty() || line.front() == '#' || is_header(line, times_us.empty())) continue;
    double time_us = 0;
    const char* const end = line.data() + line.size();
    const auto [at, error] = std::from_chars(line.data(), end, time_us);
    const bool good = error == std::errc{} && at == end && std::isfinite(time_us);
    if (good && time_us > kTraceMax_us) {
      throw Error(fmt::format("{}: line {}", path, number), "is more than eleven days",
                  "write times in microseconds, counted from the trace's beginning");
    }
    if (!good || time_us < 0 || (!times_us.empty() && time_us < times_us.back())) {
      throw Error(fmt::format("{}: line {}", path, number),
                  good ? "is before the one above, or before 0" : "is no time",
                  "write one time in each line, in microseconds, rising");
    }
    times_us.push_back(time_us);
  }
  if (times_us.size() < 2 || times_us.back() == times_us.front()) {
    throw Error(path, "holds no two arrivals apart in time", "give a longer trace");
  }
  Trace trace;
  for (const double time_us : times_us) {
    trace.times_ns.push_back(std::llround((time_us - times_us.front()) * kMicrosecond));
  }
  const Nanos length_ns = trace.times_ns.back();
  trace.period_ns =
      length_ns + std::max<Nanos>(1, length_ns / static_cast<Nanos>(times_us.size() - 1));
  return trace;
}

Trace at_rate(const Trace& trace, double rate_rps) {
  const double factor = trace.rate_rps() / rate_rps;
  const auto scaled = [factor](Nanos time_ns) -> Nanos {
    const double exact_ns = static_cast<double>(time_ns) * factor;
    return std::llround(std::min(exact_ns, static_cast<double>(kStretchedMax_ns)));
  };
  Trace result{.times_ns = {}, .period_ns = 0};
  result.times_ns.reserve(trace.times_ns.size());
  for (const Nanos time_ns : trace.times_ns) result.times_ns.push_back(scaled(time_ns));
  // Rounding may bring the last one to the end.
  result.period_ns = std::max(scaled(trace.period_ns), result.times_ns.back() + 1);
  return result;
}

SimulatedWork read_simulated_work(const Field& field, const std::string& directory) {
  field.require_object(
      {"service", "slice_us", "forks", "fork_service", "block", "sleep", "think", "arrivals"});
  const Reader reader(field, directory);
  SimulatedWork work;
  work.handler = read_handler(field, reader);
  if (field.has("think")) work.think = reader.lengths("think");
  if (field.has("arrivals")) read_arrivals(field.child("arrivals"), directory, work);
  return work;
}

}  // namespace etude::sim
