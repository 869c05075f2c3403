#include "experiments/cli/compare_question.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <set>

#include "core/failure.h"
#include "core/host.h"
#include "experiments/cli/check_scheduler.h"
#include "experiments/cli/compare_subject.h"
#include "experiments/cli/duration.h"

namespace etude::cli {
namespace {

using harness::Json;

constexpr std::uint32_t kBacklog = 16'384;
constexpr double kDuration_s = 2;
constexpr double kWarmup_s = 0.4;
constexpr std::size_t kSlugMax = 60;
constexpr const char* kHelp = "see etude compare --help";

// "256,4096,16384"; the harness says which numbers make sense.
std::vector<std::uint32_t> number_list(const std::string& option, const std::string& text) {
  std::vector<std::uint32_t> numbers;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t comma = std::min(text.find(',', at), text.size());
    const char* const end = text.data() + comma;
    std::uint32_t number = 0;
    const auto [used, error] = std::from_chars(text.data() + at, end, number);
    if (error != std::errc() || used != end) {
      throw Error(option, fmt::format("'{}' is no list of whole numbers", text),
                  "write it as 256,4096");
    }
    numbers.push_back(number);
    at = comma + 1;
  }
  return numbers;
}

double seconds_of(const std::string& option, const std::string& text) {
  return static_cast<double>(parse_duration(option, text)) * 1e-9;
}

bool is_bare(const std::string& name) { return name == "bare" || name == "ceiling"; }

// The sides as points of the suite, in the order of the command line.
struct Sides {
  Json points = Json::array();
  std::vector<std::string> names;
  std::string baseline;  // as "compare" wants it; "": the first of the points
  bool any_scheduler = false;
  bool aa = false;
  bool any_body = false;  // a server of which nothing is known: its body is not checked
};

void check_scheduler_name(const std::string& name) {
  if (is_bare(name)) return;
  find_scheduler(split_scheduler(name).name);  // throws, with the nearest name
}

void add_name(const std::string& name, Sides& sides) {
  check_scheduler_name(name);
  const bool again = std::find(sides.names.begin(), sides.names.end(), name) != sides.names.end();
  if (again) {
    if (name != sides.names.front() || sides.aa || is_bare(name)) {
      throw Error(name, "is named twice",
                  "only a baseline that is a scheduler may be, once, as a control");
    }
    sides.aa = true;
    return;
  }
  sides.names.push_back(name);
  if (is_bare(name)) {
    sides.points.push_back(Json{{"subject", "ceiling"}});
  } else {
    sides.any_scheduler = true;
    sides.points.push_back(Json{{"scheduler", name}});
  }
}

void add_subject(const std::string& text, const BuildOptions& options, Sides& sides) {
  ComparedSubject subject = parse_subject(text, options);
  std::string name = subject.name;
  for (int i = 2; std::count(sides.names.begin(), sides.names.end(), name) > 0; ++i) {
    name = fmt::format("{} ({})", subject.name, i);
  }
  subject.level["name"] = name;
  sides.names.push_back(name);
  sides.any_body = sides.any_body || !subject.is_build;
  sides.points.push_back(Json{{"subject", subject.level}});
}

Sides read_sides(const CompareWords& words, std::uint32_t connections_max) {
  Sides sides;
  for (const std::string& name : words.names) add_name(name, sides);
  if (!words.subjects.empty()) check_scheduler_name(words.scheduler);
  const BuildOptions options{
      .scheduler = words.scheduler, .connections_max = connections_max, .backlog = kBacklog};
  for (const std::string& text : words.subjects) add_subject(text, options, sides);
  const std::size_t count = words.names.size() + words.subjects.size();
  if (count == 0) throw Error("compare", "names nothing to compare", kHelp);
  if (count == 1) {
    throw Error(sides.names.front(), "is alone: there is nothing to compare it with",
                "name a second one; the same again shows what chance does");
  }
  if (!words.names.empty() && is_bare(words.names.front()) && sides.any_scheduler) {
    sides.baseline = "ceiling";
  }
  return sides;
}

Json workload_of(const std::string& name, bool any_body) {
  Json workload;
  if (name == "plaintext") {
    workload = Json{{"path", "/plaintext"}, {"expect_body", "Hello, World!"}};
  } else if (name == "json") {
    workload = Json{{"path", "/json"}, {"expect_body", "{\"message\":\"Hello, World!\"}"}};
  } else if (name.starts_with('/')) {
    workload = Json{{"path", name}};
  } else {
    throw Error(fmt::format("--workload {}", name), "is neither plaintext nor json nor a path",
                "begin a path with /, as in /spin?us=50");
  }
  if (any_body) workload.erase("expect_body");
  return workload;
}

// "split" where the client can have cores of its own.
Json placement_of(const CompareWords& words) {
  const bool listed = !words.server_cores.empty() || !words.client_cores.empty();
  if (!listed) {
    if (!words.placement.empty()) return words.placement;
    return usable_cores().size() > 1 ? "split" : "shared";
  }
  if (words.server_cores.empty() || words.client_cores.empty()) {
    throw Error("--server-cores", "and --client-cores go together", "give both");
  }
  if (!words.placement.empty() || words.cores) {
    throw Error("--server-cores", "says already which cores", "drop --cores and --placement");
  }
  return Json{{"server", number_list("--server-cores", words.server_cores)},
              {"client", number_list("--client-cores", words.client_cores)}};
}

std::uint32_t client_threads(const CompareWords& words, std::uint32_t server_cores,
                             const Json& placement) {
  if (words.client_threads > 0) return words.client_threads;
  const auto usable = static_cast<std::uint32_t>(usable_cores().size());
  std::uint32_t client_cores = usable > server_cores ? usable - server_cores : 1;
  if (placement.is_object()) client_cores = static_cast<std::uint32_t>(placement["client"].size());
  if (placement == "shared") client_cores = server_cores;
  return std::max(1U, std::min(client_cores, server_cores));
}

Json factors_of(const CompareWords& words, const std::string& workload, Json connections) {
  Json factors{{"workload", workload},
               {"connections", std::move(connections)},
               {"pipeline", words.pipeline.value_or(words.workload == "plaintext" ? 16U : 1U)},
               {"placement", placement_of(words)},
               {"threads_per_core", words.threads_per_core},
               {"backlog", kBacklog}};
  if (!factors["placement"].is_object()) factors["cores"] = words.cores.value_or(1);
  if (words.rate_rps) {
    factors["arrival"] = words.arrival.empty() ? "poisson" : words.arrival;
    factors["rate_rps"] = *words.rate_rps;
  } else if (!words.arrival.empty()) {
    throw Error(fmt::format("--arrival {}", words.arrival), "a schedule needs a rate",
                "add -R requests-per-second");
  }
  return factors;
}

// In a duet throughput and latency say how the kernel shared the cores.
std::string design_of(const CompareWords& words) {
  const bool judged_in_duet = words.metric == "cpu" && !words.rate_rps;
  if (words.design == "duet" && !judged_in_duet) {
    throw Error("--design duet",
                words.rate_rps ? "and -R do not go together: a second server sets the tail"
                               : fmt::format("cannot judge --metric {}", words.metric),
                "write --design paired, or leave the design to etude");
  }
  return words.design == "auto" && words.metric != "cpu" ? "paired" : words.design;
}

double margin_of(const CompareWords& words, const std::optional<FailIf>& fail_if) {
  const bool latency = words.metric == "p50" || words.metric == "p99";
  const double size = fail_if ? fail_if->size : 0;
  if (words.within.empty()) return size > 0 ? size : (latency ? 0.10 : 0.02);
  const double within = parse_share("--within", words.within);
  if (size > 0 && size < within) {
    throw Error(fmt::format("--within {}", words.within),
                fmt::format("would call equivalent what --fail-if {} is to find", words.fail_if),
                "lower --within");
  }
  return within;
}

std::string slug_of(const std::vector<std::string>& names) {
  std::string slug;
  for (const std::string& name : names) {
    if (!slug.empty()) slug += '-';
    for (const char c : name) {
      const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                         (c >= '0' && c <= '9') || c == '.' || c == '_';
      if (plain) slug += c;
      if (!plain && !slug.empty() && slug.back() != '-') slug += '-';
    }
  }
  while (!slug.empty() && slug.back() == '-') slug.pop_back();
  return slug.substr(0, kSlugMax);
}

double rounded(double seconds) { return std::round(seconds * 100) / 100; }

}  // namespace

Question make_question(const CompareWords& words) {
  Question question;
  question.metric = words.metric;
  question.budget_s = seconds_of("--budget", words.budget);
  if (question.budget_s < 1) {
    throw Error(fmt::format("--budget {}", words.budget), "is less than one pair takes",
                "give it 10s or more");
  }
  if (!words.fail_if.empty()) question.fail_if = parse_fail_if(words.fail_if, words.metric);
  const double margin = margin_of(words, question.fail_if);
  const std::vector<std::uint32_t> connections = number_list("-c", words.connections);
  const Sides sides = read_sides(words, *std::max_element(connections.begin(), connections.end()));
  question.slug = slug_of(sides.names);

  Json compare{{"factor", sides.any_scheduler ? "scheduler" : "subject"}};
  if (!sides.baseline.empty()) compare["baseline"] = sides.baseline;
  compare["metrics"] = Json::array({words.metric});
  const bool latency = words.metric == "p50" || words.metric == "p99";
  const Json factors = factors_of(words, words.workload, connections);
  question.suite =
      Json{{"name", "compare"},
           {"seed", words.seed},
           {"warmup_s", words.warmup.empty() ? kWarmup_s : seconds_of("-w", words.warmup)},
           {"duration_s", words.duration.empty() ? kDuration_s : seconds_of("-d", words.duration)},
           {"load_threads", 1},
           {"client_realtime", words.rate_rps && factors["placement"] == "shared"},
           {"design", design_of(words)},
           {"compare", compare},
           {"until",
            {{latency ? "tail_within" : "ratio_within", margin},
             {"pairs_min", kComparePairsMin},
             {"pairs_max", kComparePairsMin},
             {"budget_s", question.budget_s}}},
           {"workloads", {{words.workload, workload_of(words.workload, sides.any_body)}}},
           {"factors", factors},
           {"points", sides.points}};
  const Json& placed = factors["placement"];
  const auto server_cores = placed.is_object() ? static_cast<std::uint32_t>(placed["server"].size())
                                               : factors["cores"].get<std::uint32_t>();
  question.suite["load_threads"] = client_threads(words, server_cores, placed);
  if (sides.aa) question.suite["aa"] = true;
  question.times_typed = !words.duration.empty() || !words.warmup.empty();
  return question;
}

Question fit_question(Question question, const Fit& fit) {
  question.suite["warmup_s"] = rounded(fit.warmup_s);
  question.suite["duration_s"] = rounded(fit.duration_s);
  question.suite["until"]["pairs_max"] = fit.pairs_max;
  return question;
}

}  // namespace etude::cli
