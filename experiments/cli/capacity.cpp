// etude capacity: the highest rate that a server answers with p99 within a bound.

#include <fmt/format.h>

#include <cmath>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "core/failure.h"
#include "core/stderr_text.h"
#include "core/text.h"
#include "experiments/cli/commands.h"
#include "experiments/cli/duration.h"
#include "experiments/load/capacity_search.h"
#include "experiments/load/output.h"
#include "experiments/load/run.h"

namespace etude::cli {
namespace {

using load::LoadOptions;
using load::LoadResult;

struct Typed {
  LoadOptions options;
  std::string duration = "5s";
  std::string warmup = "1s";
  std::string timeout = "10s";
  std::string p99;
  double resolution = 0.03;
  std::string json_path;
  bool quiet = false;
};

// One load at one rate, and whether it kept the promise.
struct Try {
  double rate_rps;
  double achieved_rps;
  Nanos p99_ns;  // from the intended send: a late answer counts however late its request went out
  bool kept;
  std::string client;  // why the client was in doubt; "" when it was not
};

Nanos bound_of(const Typed& typed) {
  const Nanos bound_ns = parse_duration("--p99", typed.p99);
  if (bound_ns <= 0) throw Error("--p99 " + typed.p99, "is no bound", "write for example 5ms");
  return bound_ns;
}

LoadOptions finish_options(const Typed& typed) {
  LoadOptions options = typed.options;
  options.duration_ns = parse_duration("-d", typed.duration);
  options.warmup_ns = parse_duration("-w", typed.warmup);
  options.timeout_ns = parse_duration("-T", typed.timeout);
  load::check(options);
  return options;
}

std::unique_ptr<LoadResult> run_or_throw(const LoadOptions& options) {
  auto result = load::run_load(options, [](std::string_view) {});
  if (!result->failure.empty()) {
    throw Error(options.url, result->failure, "start the server, or correct the URL");
  }
  return result;
}

Try try_rate(LoadOptions options, double rate_rps, Nanos bound_ns) {
  options.arrival = load::Arrival::poisson;
  options.rate_rps = rate_rps;
  const auto result = run_or_throw(options);
  Try tried{.rate_rps = rate_rps,
            .achieved_rps = load::throughput_rps(*result),
            .p99_ns = result->tally.lat_intended.quantile_ns(0.99),
            .kept = false,
            .client = {}};
  // Three standard deviations of a count: a short Poisson run may miss its mean by chance.
  const double miss =
      std::max(0.01, 3 / std::sqrt(rate_rps * static_cast<double>(options.duration_ns) / 1e9));
  tried.kept = tried.p99_ns <= bound_ns && load::error_count(result->tally) == 0 &&
               tried.achieved_rps >= rate_rps * (1 - miss);
  constexpr double kBusy = 0.85;
  if (result->busiest_thread > kBusy) {
    tried.client =
        fmt::format("a client thread used {:.0f} % of a core", result->busiest_thread * 100);
  }
  return tried;
}

std::string line_of(const Try& tried) {
  return fmt::format("{:>10.0f} requests/s  p99 {:>9.3f} ms  {}{}", tried.rate_rps,
                     static_cast<double>(tried.p99_ns) / 1e6, tried.kept ? "kept" : "broken",
                     tried.client.empty() ? "" : "  (" + tried.client + ")");
}

std::string to_json(const Typed& typed, Nanos bound_ns, double closed_rps,
                    const std::vector<Try>& tries, double found_rps) {
  nlohmann::ordered_json json{{"schema", 1},
                              {"url", printable(typed.options.url)},
                              {"connections", typed.options.connections},
                              {"p99_bound_ns", bound_ns},
                              {"closed_loop_rps", closed_rps},
                              {"capacity_rps", nullptr},
                              {"tries", nlohmann::ordered_json::array()}};
  if (found_rps > 0) json["capacity_rps"] = found_rps;
  for (const Try& tried : tries) {
    json["tries"].push_back({{"rate_rps", tried.rate_rps},
                             {"achieved_rps", tried.achieved_rps},
                             {"p99_ns", tried.p99_ns},
                             {"kept", tried.kept},
                             {"client", tried.client}});
  }
  return json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

int run_command(const Typed& typed) {
  const Nanos bound_ns = bound_of(typed);
  const LoadOptions options = finish_options(typed);
  if (!typed.json_path.empty()) load::require_writable(typed.json_path);
  const auto say = [&typed](const std::string& line) {
    if (!typed.quiet) print_stderr("{}\n", line);
  };
  const double closed_rps = load::throughput_rps(*run_or_throw(options));
  say(fmt::format("closed loop: {:.0f} requests/s; no rate above it is tried", closed_rps));

  load::CapacitySearch search(closed_rps, typed.resolution);
  std::vector<Try> tries;
  while (const std::optional<double> rate_rps = search.next_rate_rps()) {
    tries.push_back(try_rate(options, *rate_rps, bound_ns));
    say(line_of(tries.back()));
    search.saw(tries.back().kept);
  }
  const double found_rps = search.highest_kept_rps();
  if (!typed.json_path.empty()) {
    load::write_output(typed.json_path, to_json(typed, bound_ns, closed_rps, tries, found_rps));
  }
  if (found_rps == 0) {
    print_stderr("etude: no rate that was tried kept p99 within {}\n", typed.p99);
    return 1;
  }
  if (typed.json_path != "-") {
    fmt::print("{:.0f} requests/s with p99 within {}\n", found_rps, typed.p99);
  }
  return 0;
}

}  // namespace

void add_capacity_command(CLI::App& app, int& exit_code) {
  CLI::App* command = app.add_subcommand(
      "capacity", "find the highest rate a server answers with p99 within a bound");
  command->footer(
      "A closed loop first, then Poisson arrivals at rates between 0 and its throughput, halving.\n"
      "Latency counts from the intended send, so a server that falls behind cannot hide it.\n"
      "Example: etude capacity http://127.0.0.1:8080/json --p99 5ms -c 256\n"
      "Exit: 0 found; 1 no rate kept the bound; 2 bad input, or nobody answers.");
  const auto typed = std::make_shared<Typed>();
  LoadOptions& options = typed->options;
  command->add_option("url", options.url, "what to ask for: http://host[:port]/path")->required();
  command->add_option("--p99", typed->p99, "the bound, for example 5ms")->required();
  command->add_option("-t,--threads", options.threads, "client threads (1)");
  command->add_option("-c,--connections", options.connections, "connections in total (10)");
  command->add_option("-p,--pipeline", options.pipeline, "requests outstanding per connection (1)");
  command->add_option("-d,--duration", typed->duration, "measured time of each load (5s)");
  command->add_option("-w,--warmup", typed->warmup, "time before it, under the same load (1s)");
  command->add_option("-T,--timeout", typed->timeout, "give a request up and count it (10s)");
  command->add_option("-H,--header", options.headers, "a request header, 'Name: value'")
      ->allow_extra_args(false);
  command->add_option("--seed", options.seed, "of the arrivals (1)");
  command
      ->add_option("--resolution", typed->resolution,
                   "end when what is undecided is at most that share of the closed loop's (0.03)")
      ->check(CLI::Range(0.001, 0.5));
  command->add_option("--json", typed->json_path, "write every rate tried; - is stdout");
  command->add_flag("-q,--quiet", typed->quiet, "no progress");
  command->callback([typed, &exit_code] { exit_code = run_command(*typed); });
}

}  // namespace etude::cli
