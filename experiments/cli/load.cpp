// etude load: drives an HTTP server and says what it saw.

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/clock.h"
#include "core/failure.h"
#include "core/stderr_text.h"
#include "core/text.h"
#include "experiments/cli/commands.h"
#include "experiments/cli/duration.h"
#include "experiments/cli/load_words.h"
#include "experiments/load/output.h"
#include "experiments/load/report.h"
#include "experiments/load/run.h"

namespace etude::cli {
namespace {

using load::LoadOptions;

constexpr int kFailed = 1;  // the exit code

constexpr const char* kExamples =
    R"(A path may hold numbers to be drawn for each request, in microseconds, from the seed and
before the load starts, so that every server meets the same ones: {exp:MEAN}, {uniform:MIN,MAX},
{bimodal:SHORT,LONG,SHARE_OF_LONG}, {hyperexp:SHORT,LONG,SHARE_OF_LONG},
{lognormal:MEAN,SIGMA}, {pareto:MEAN,ALPHA};
{round:exp:MEAN} is a whole number.

Examples:
  etude load http://127.0.0.1:8080/plaintext -c 256 -p 16 -d 10s -L
  etude load 'http://127.0.0.1:8080/spin?us={bimodal:5,500,0.005}' -R 20000 -c 64
  etude load http://127.0.0.1:8080 --mix 9:/json --mix '1:/spin?us={exp:50}' -c 64)";

// As typed; turned into LoadOptions once all of it is there.
struct Typed {
  LoadOptions options;
  std::string duration = "10s";
  std::string warmup = "1s";
  std::string timeout = "10s";
  std::string mode;
  std::string arrival;
  std::optional<double> rate_rps;
  std::vector<std::string> mix;
  std::optional<std::uint32_t> beside_connections;
  std::optional<std::string> expect_body;
  bool show_distribution = false;
  bool quiet = false;
  std::string json_path;
  std::string histogram_path;
  std::string hgrm_path;
  std::string think;
  std::string ramp = "0";
  std::string turns;
  int events_fd = -1;
  int start_fd = -1;
};

LoadOptions finish_options(const Typed& typed) {
  LoadOptions options = typed.options;
  options.duration_ns = parse_duration("-d", typed.duration);
  options.warmup_ns = parse_duration("-w", typed.warmup);
  options.timeout_ns = parse_duration("-T", typed.timeout);
  options.expect_body = typed.expect_body;
  options.mode = typed.mode == "window" ? load::Mode::window : load::Mode::batch;
  options.think = parse_think(typed.think);
  options.ramp_ns = parse_duration("--ramp", typed.ramp);
  options.turns = parse_turns(typed.turns);
  for (const std::string& route : typed.mix) options.mix.push_back(parse_route(route));
  const bool beside = !typed.options.beside_path.empty();
  options.beside_connections = typed.beside_connections.value_or(beside ? 1 : 0);
  if (!typed.rate_rps) {
    if (!typed.arrival.empty()) {
      throw Error("--arrival", "a schedule needs a rate", "add -R requests-per-second");
    }
    return options;
  }
  if (typed.mode == "batch") {
    throw Error("--mode batch", "an open loop (-R) sends each request when it is due",
                "drop --mode; -p is the most requests outstanding on one connection");
  }
  options.rate_rps = *typed.rate_rps;
  options.arrival = typed.arrival == "fixed" ? load::Arrival::fixed : load::Arrival::poisson;
  return options;
}

// Tells the harness, byte by byte, and the user, in words.
class Announcer {
 public:
  Announcer(const Typed& typed, const LoadOptions& options)
      : events_fd_(typed.events_fd), quiet_(typed.quiet), options_(options) {
    if (events_fd_ >= 0 && fcntl(events_fd_, F_GETFD) < 0) {
      throw Error(fmt::format("--events {}", events_fd_), "is not open",
                  "hand in a descriptor that is");
    }
    // A reader that went away is no reason to die half-way.
    std::signal(SIGPIPE, SIG_IGN);
  }

  void operator()(std::string_view phase) const {
    if (events_fd_ >= 0) {
      const std::string line = fmt::format("{}\n", phase);
      [[maybe_unused]] const ssize_t ignored = write(events_fd_, line.data(), line.size());
    }
    const auto seconds = [](Nanos ns) { return static_cast<double>(ns) / 1e9; };
    if (phase == "connected") {
      say(fmt::format("Connected to {} from {} thread{}", printable(options_.url), options_.threads,
                      options_.threads == 1 ? "" : "s"));
    }
    if (phase == "warm") say(fmt::format("Warming up for {:g}s", seconds(options_.warmup_ns)));
    if (phase == "measure") {
      say(fmt::format("Measuring for {:g}s", seconds(options_.duration_ns)));
    }
  }

 private:
  void say(const std::string& line) const {
    if (!quiet_) print_stderr("{}\n", line);
  }

  int events_fd_;
  bool quiet_;
  const LoadOptions& options_;
};

// What could be written is written, whatever the other files' disks say. The exit code.
int write_files(const Typed& typed, const load::LoadResult& result) {
  int exit_code = 0;
  const auto write = [&exit_code](const std::string& path, const auto& text_of) {
    if (path.empty()) return;
    try {
      load::write_output(path, text_of());
    } catch (const Error& refusal) {
      print_stderr("etude: {}\n", refusal.what());
      exit_code = kFailed;
    }
  };
  write(typed.histogram_path, [&result] { return load::to_histogram_csv(result); });
  write(typed.hgrm_path, [&result] { return load::to_percentile_listing(result); });
  // Last: whoever reads them all from stdout finds the object at the end.
  write(typed.json_path, [&result] { return load::to_json(result); });
  return exit_code;
}

int run_command(const Typed& typed) {
  const LoadOptions options = finish_options(typed);
  load::check(options);
  if (!typed.json_path.empty()) load::require_writable(typed.json_path);
  if (!typed.histogram_path.empty()) load::require_writable(typed.histogram_path);
  if (!typed.hgrm_path.empty()) load::require_writable(typed.hgrm_path);
  const Announcer announcer(typed, options);
  load::StartTime start_time;
  if (typed.start_fd >= 0) start_time = [&typed] { return read_start(typed.start_fd); };
  const auto found = load::run_load(options, announcer, start_time);
  const load::LoadResult& result = *found;
  if (!result.failure.empty()) {
    print_stderr("etude: {}\n", result.failure);
    return kFailed;
  }
  // Files first: what has been measured is not lost to a terminal that went away.
  const int exit_code = write_files(typed, result);
  if (!typed.quiet) {
    const auto distribution =
        typed.show_distribution ? load::Distribution::shown : load::Distribution::hidden;
    const bool taken =
        typed.json_path == "-" || typed.histogram_path == "-" || typed.hgrm_path == "-";
    std::FILE* to = taken ? stderr : stdout;
    fmt::print(to, "{}", load::to_text(result, distribution));
  }
  if (result.tally.requests > 0) return exit_code;
  print_stderr("etude: {}: not one request was answered: {}\n", printable(options.url),
               result.tally.first_fault.empty() ? "none was due, or the time was too short"
                                                : result.tally.first_fault);
  return kFailed;
}

void add_options(CLI::App& command, Typed& typed) {
  LoadOptions& options = typed.options;
  command
      .add_option("url", options.url,
                  "what to ask for: http://host[:port]/path, with numbers to draw in {}")
      ->required();
  command.add_option("-t,--threads", options.threads, "client threads (1)");
  command.add_option("-c,--connections", options.connections, "connections in total (10)");
  command.add_option("-d,--duration", typed.duration, "measured time (10s)");
  command.add_option("-w,--warmup", typed.warmup, "time before it, under the same load (1s)");
  command.add_option("-p,--pipeline", options.pipeline, "requests outstanding per connection (1)");
  command.add_option("--mode", typed.mode, "batch: send -p, await -p; window: always -p (batch)")
      ->check(CLI::IsMember({"batch", "window"}));
  command.add_option("-R,--rate", typed.rate_rps, "open loop: requests per second in total");
  command.add_option("--arrival", typed.arrival, "open loop: fixed or poisson (poisson)")
      ->check(CLI::IsMember({"fixed", "poisson"}));
  command.add_flag("--realtime", options.realtime,
                   "open loop: run before ordinary threads, on cores shared with the server");
  command.add_option("-H,--header", options.headers, "a request header, 'Name: value'")
      ->allow_extra_args(false);
  command.add_option("-T,--timeout", typed.timeout,
                     "give a request up, count it and reconnect (10s)");
  command.add_flag("-L,--latency", typed.show_distribution, "print the latency distribution");
  command.add_option("--expect-body", typed.expect_body, "count every other body as an error");
  command
      .add_option("--expect-status", options.expect_statuses,
                  "count every other status as an error, for example 200,204 (all below 400)")
      ->delimiter(',')
      ->allow_extra_args(false);
  command.add_option("--seed", options.seed, "of all that is drawn: arrivals, mix, paths (1)");
  command.add_option("--json", typed.json_path, "write the result as JSON; - is stdout");
  command.add_option("--hist", typed.histogram_path, "write the histograms as CSV; - is stdout");
  command.add_option("--hgrm", typed.hgrm_path,
                     "write the percentiles as HdrHistogram lists them, in ms; - is stdout");
  command.add_option("--events", typed.events_fd,
                     "write a line to this descriptor as each phase begins");
  command.add_option("--start-fd", typed.start_fd,
                     "once connected, wait for a line on this descriptor: when to begin, in "
                     "nanoseconds of the monotonic clock");
  command.add_flag("-q,--quiet", typed.quiet, "print neither progress nor summary");
}

// What is asked for, and how connections come and go, beyond what wrk knows.
void add_form_options(CLI::App& command, Typed& typed) {
  LoadOptions& options = typed.options;
  command.add_option("--body", options.body, "send it with every request, as a POST");
  command.add_option("--think", typed.think,
                     "closed loop: from an answer to the next batch, 20ms or exp:20ms (none)");
  command.add_option("--requests-per-connection", options.requests_per_connection,
                     "then close the connection and make it anew (no limit)");
  command.add_option("--ramp", typed.ramp,
                     "start the connections evenly over that time, before the warm-up (0)");
  command.add_option("--turns", typed.turns,
                     "closed loop: send only in the I-th of every N turns, LENGTH:I/N, I from 0");
  command
      .add_option("--mix", typed.mix,
                  "WEIGHT:PATH, again for each route: requests draw their path by weight")
      ->allow_extra_args(false);
  command.add_option("--beside", options.beside_path,
                     "a path asked for by further connections, one request at a time, uncounted");
  command.add_option("--beside-connections", typed.beside_connections, "how many of them (1)");
}

}  // namespace

void add_load_command(CLI::App& app, int& exit_code) {
  CLI::App* command = app.add_subcommand("load", "Drive an HTTP server and measure what it does");
  const auto typed = std::make_shared<Typed>();
  add_options(*command, *typed);
  add_form_options(*command, *typed);
  command->footer(kExamples);
  command->callback([typed, &exit_code] { exit_code = run_command(*typed); });
}

}  // namespace etude::cli
