#include "experiments/simulator/path_handler.h"

#include <fmt/format.h>

#include <charconv>
#include <map>
#include <string_view>

#include "core/failure.h"

namespace etude::sim {
namespace {

constexpr std::uint32_t kFanOutMax = 1'024;  // as core/http/app.cpp has it

// A path in its parts; braces are text to it.
struct Target {
  std::string whole;
  std::string path;
  std::map<std::string, std::string, std::less<>> query;

  explicit Target(const std::string& text) : whole(text), path(text.substr(0, text.find('?'))) {
    std::size_t at = path.size();
    while (at < text.size()) {
      const std::size_t end = std::min(text.find('&', at + 1), text.size());
      const std::string pair = text.substr(at + 1, end - at - 1);
      const std::size_t equals = std::min(pair.find('='), pair.size());
      query.try_emplace(pair.substr(0, equals),
                        equals < pair.size() ? pair.substr(equals + 1) : "");
      at = end;
    }
  }

  const std::string* value(std::string_view name) const {
    const auto found = query.find(name);
    return found == query.end() ? nullptr : &found->second;
  }

  [[noreturn]] void refuse(std::string_view problem, std::string_view remedy) const {
    throw Error(whole, problem, remedy);
  }
};

// False when the query has no such key.
bool read_number(const Target& target, std::string_view name, double& number) {
  const std::string* text = target.value(name);
  if (text == nullptr) return false;
  const char* const end = text->data() + text->size();
  const auto [at, error] = std::from_chars(text->data(), end, number);
  if (error != std::errc{} || at != end) {
    target.refuse(fmt::format("{}={} is no number", name, *text), "write microseconds: us=5");
  }
  return true;
}

// "{exp:5}", "{round:exp:5}" or a number, in microseconds.
Lengths length_of(const Target& target) {
  const std::string* text = target.value("us");
  if (text == nullptr) target.refuse("says no us=", "add us=MICROSECONDS");
  if (text->starts_with('{') && text->ends_with('}')) {
    std::string inside = text->substr(1, text->size() - 2);
    if (inside.starts_with("round:")) inside.erase(0, 6);
    return parse_lengths(inside);
  }
  Distribution fixed;
  read_number(target, "us", fixed.mean_us);
  if (!is_valid(fixed)) target.refuse(fmt::format("us={} is out of range", *text), "0 to 1000000");
  return checked_lengths(fixed, target.whole);
}

Lengths spin_of(const Target& target) {
  constexpr std::pair<std::string_view, Distribution::Kind> kKinds[] = {
      {"exp", Distribution::Kind::exponential},
      {"bimodal", Distribution::Kind::bimodal},
      {"hyperexp", Distribution::Kind::hyperexponential},
      {"lognormal", Distribution::Kind::lognormal},
      {"pareto", Distribution::Kind::pareto}};
  const std::string* name = target.value("dist");
  if (name == nullptr || *name == "fixed") return length_of(target);
  for (const auto& [known, kind] : kKinds) {
    if (*name != known) continue;
    Distribution distribution{.kind = kind};
    if (!read_number(target, "us", distribution.mean_us)) {
      target.refuse("says no us=", "add us=MICROSECONDS");
    }
    read_number(target, "long_us", distribution.long_us);
    read_number(target, "long_share", distribution.long_share);
    read_number(target, "sigma", distribution.sigma);
    read_number(target, "alpha", distribution.alpha);
    if (!is_valid(distribution)) {
      target.refuse("has a value out of its range", "see core/distribution.h");
    }
    return checked_lengths(distribution, target.whole);
  }
  target.refuse(fmt::format("dist={} is unknown", *name),
                "use fixed, exp, bimodal, hyperexp, lognormal or pareto");
}

void read_fan_out(const Target& target, Handler& handler) {
  double count = -1;
  read_number(target, "n", count);
  handler.forks = count >= 0 && count <= kFanOutMax ? static_cast<std::uint32_t>(count) : 0;
  if (handler.forks != count) {
    target.refuse("says no whole number of fibers, n=0 to n=1024", "add n=FIBERS");
  }
  if (target.value("us") != nullptr) handler.fork_service = length_of(target);
}

}  // namespace

PathHandler handler_of_path(const std::string& path, const Costs& costs) {
  const Target target(path);
  const auto listed = costs.path_ns.find(target.path);
  PathHandler result;
  if (listed != costs.path_ns.end()) result.handler.extra_ns = listed->second;
  if (target.path == "/spin") {
    result.handler.service = spin_of(target);
  } else if (target.path == "/sleep") {
    result.handler.sleep = length_of(target);
  } else if (target.path == "/block") {
    result.handler.block = length_of(target);
  } else if (target.path == "/fanout") {
    read_fan_out(target, result.handler);
  } else {
    result.has_cost = listed != costs.path_ns.end();
  }
  return result;
}

}  // namespace etude::sim
