// etude serve: an HTTP server driven by one scheduler.

#include <CLI/CLI.hpp>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/failure.h"
#include "core/host.h"
#include "experiments/cli/commands.h"
#include "experiments/cli/duration.h"
#include "experiments/cli/server_process.h"

namespace etude::cli {
namespace {

// As typed; turned into ServerOptions once all of it is there.
struct Typed {
  ServerOptions options;
  std::vector<std::string> settings;
  std::uint32_t connections_max = 0;
  std::uint32_t claim_after_us = 1'000;
  std::uint32_t stack_kib = 64;
  std::string head_timeout = "10s";
  std::string body_timeout = "30s";
  std::string idle_timeout = "60s";
  std::string write_timeout = "30s";
  std::string drain_timeout = "10s";
};

// Descriptors the process needs beside its connections: reactors, listeners, standard streams.
constexpr std::uint64_t kSpareDescriptors = 64;

Settings parse_settings(const std::vector<std::string>& pairs) {
  Settings settings;
  for (const std::string& pair : pairs) {
    const std::size_t equals = pair.find('=');
    if (equals == std::string::npos) {
      throw Error("--set " + pair, "is not key=value", "write for example --set order=lifo");
    }
    settings[pair.substr(0, equals)] = pair.substr(equals + 1);
  }
  return settings;
}

ServerOptions finish_options(const Typed& typed) {
  ServerOptions options = typed.options;
  options.settings = parse_settings(typed.settings);
  options.timeouts.head_ns = parse_duration("--head-timeout", typed.head_timeout);
  options.timeouts.body_ns = parse_duration("--body-timeout", typed.body_timeout);
  options.timeouts.idle_ns = parse_duration("--idle-timeout", typed.idle_timeout);
  options.timeouts.write_ns = parse_duration("--write-timeout", typed.write_timeout);
  options.drain_timeout_ns = parse_duration("--drain-timeout", typed.drain_timeout);

  RuntimeConfig& runtime = options.runtime;
  if (runtime.cores.empty()) runtime.cores = usable_cores();
  const std::uint64_t files = raise_open_files_limit();
  const auto reachable = static_cast<std::uint32_t>(
      files > 2 * kSpareDescriptors ? files - kSpareDescriptors : files / 2);
  runtime.worker.connections_max = typed.connections_max != 0 ? typed.connections_max : reachable;
  runtime.worker.claim_after_ns = Nanos{typed.claim_after_us} * kMicrosecond;
  runtime.fibers_max = runtime.worker.connections_max + kSpareFibers;
  runtime.stack_bytes = std::size_t{typed.stack_kib} * 1'024;
  return options;
}

void add_driver_options(CLI::App& command, Typed& typed) {
  RuntimeConfig& runtime = typed.options.runtime;
  WorkerConfig& worker = runtime.worker;
  command.add_option("--cores", runtime.cores, "cores to use, one group of workers each (all)")
      ->delimiter(',');
  command.add_option("--threads-per-core", runtime.threads_per_core, "workers on each core (1)")
      ->check(CLI::Range(1, 64));
  command.add_option("--poll-every", worker.poll_every, "fibers run between two polls (128)")
      ->check(CLI::Range(1, 1'000'000));
  command
      .add_option("--search-rounds", worker.search_rounds,
                  "times an idle worker asks its peers before it parks (4)")
      ->check(CLI::Range(0, 1'000'000));
  command
      .add_option("--wake-policy", worker.wake_policy,
                  "throttled: one worker searches at a time; eager: wake one per task (throttled)")
      ->transform(CLI::CheckedTransformer(std::map<std::string, WakePolicy>{
          {"throttled", WakePolicy::throttled}, {"eager", WakePolicy::eager}}));
  command
      .add_option("--io-claim", worker.io_claim,
                  "on: idle workers poll for one stuck in a handler (off)")
      ->transform(CLI::CheckedTransformer(
          std::map<std::string, IoClaim>{{"off", IoClaim::off}, {"on", IoClaim::on}}));
  command
      .add_option("--claim-after-us", typed.claim_after_us,
                  "how long a worker has not looked when others claim its poll (1000)")
      ->check(CLI::Range(1, 1'000'000));
  command.add_option("--max-connections", typed.connections_max, "(what ulimit -n allows)");
  command.add_option("--stack-kib", typed.stack_kib, "stack of a fiber, without its guard (64)")
      ->check(CLI::Range(16, 8'192));
}

void add_listen_options(CLI::App& command, Typed& typed) {
  ListenConfig& listen = typed.options.listen;
  command.add_option("--host", listen.host,
                     "IPv4 or IPv6 address to listen at, :: for both (127.0.0.1)");
  command.add_option("--port", listen.port, "0 lets the kernel choose (8080)");
  command.add_option("--backlog", listen.backlog, "connections that may wait for accept (4096)")
      ->check(CLI::PositiveNumber);
  command
      .add_option("--acceptor", listen.acceptor,
                  "reuseport: a listener per worker; shared: one that all watch; one: worker 0's, "
                  "so that all connections are at home there (reuseport)")
      ->transform(CLI::CheckedTransformer(
          std::map<std::string, Acceptor>{{"reuseport", Acceptor::reuseport},
                                          {"shared", Acceptor::shared},
                                          {"one", Acceptor::one}}));
}

void add_http_options(CLI::App& command, Typed& typed) {
  ServerOptions& options = typed.options;
  command
      .add_option("--app", options.app,
                  "benchmark: /plaintext /json /spin /sleep /fanout ..; echo: answers anything "
                  "(benchmark)")
      ->transform(CLI::CheckedTransformer(
          std::map<std::string, App>{{"benchmark", App::benchmark}, {"echo", App::echo}}));
  command.add_option("--max-head", options.limits.head_bytes, "bytes of a request's head (16384)");
  command.add_option("--max-body", options.limits.body_bytes, "bytes of its body (1048576)");
  command.add_option("--head-timeout", typed.head_timeout, "to receive a head (10s)");
  command.add_option("--body-timeout", typed.body_timeout, "to receive a body (30s)");
  command.add_option("--idle-timeout", typed.idle_timeout, "between two requests (60s)");
  command.add_option("--write-timeout", typed.write_timeout,
                     "for a peer to take what one write sends (30s)");
  command.add_option("--remember-heads", options.remember_heads,
                     "parse a head equal to the last one only once (true)");
  command.add_option("--drain-timeout", typed.drain_timeout,
                     "for requests in flight at the end; exit 3 when it passes (10s)");
  command.add_option("--seed", options.seed, "of schedulers and of drawn service times (1)");
}

}  // namespace

void add_serve_command(CLI::App& app, int& exit_code) {
  CLI::App* command = app.add_subcommand("serve", "Run the HTTP server on one scheduler");
  const auto typed = std::make_shared<Typed>();
  typed->options.listen.port = 8'080;
  command
      ->add_option("-s,--scheduler", typed->options.scheduler,
                   "its name, see etude schedulers; or ETUDE_SCHEDULER")
      ->envname("ETUDE_SCHEDULER")
      ->required();
  command->add_option("--set", typed->settings, "a parameter of the scheduler: key=value")
      ->allow_extra_args(false);
  add_driver_options(*command, *typed);
  add_listen_options(*command, *typed);
  add_http_options(*command, *typed);
  command->footer(
      "Example:\n  etude serve --scheduler work-stealing --set steal=one --cores 0,1 --port 8080");
  command->callback([typed, &exit_code] { exit_code = run_server(finish_options(*typed)); });
}

}  // namespace etude::cli
