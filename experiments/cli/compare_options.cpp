#include "experiments/cli/compare_options.h"

#include "schedulers/registry.h"

namespace etude::cli {
namespace {

constexpr const char* kExamples =
    R"(The first name is the baseline. Servers run in pairs until each comparison is decided or the
budget is spent. cpu is judged in duets, both servers at once on the same cores; throughput, p99
and an open loop (-R) in pairs, one server after the other. The interval shown is the ordinary
95 % one; a verdict waits for one that holds however often it is looked at.

Verdicts: cheaper, dearer (cpu); faster, slower (throughput); lower, higher (p99);
equivalent: the ratio is within the margin; undecided, with what it would take.

Examples:
  etude compare fifo work-stealing
  etude compare fifo work-stealing hybrid -c 256,4096 --budget 3m
  etude compare fifo fifo                        what chance does on this machine
  etude compare bare fifo                        what the scheduler, parser and router cost
  etude compare fifo hybrid --metric p99 -R 20000 --workload '/spin?us=50' -p 1
  etude compare --subject old/etude --subject build/etude --fail-if slower:2%
  etude compare --subject 'a=python3 a.py {port}' --subject 'b=python3 b.py {port}'

In CI: --fail-if slower:2% ends with 3 when the candidate is worse and its ratio beyond 2 %, with
4 when that stayed open, and with 0 when it is not so. slower and worse mean the worse direction
of --metric, whichever that is: for cpu more CPU per request, which at saturation is fewer
requests per second. dearer is the same for cpu only, higher for latency only; differs is either
direction. Without a size, any difference that is shown counts.
To let what stayed open pass:  etude compare ... || [ $? -eq 4 ]

Exit: 0 done, whatever was found; 1 a trial failed or the disk refused; 2 bad input, nothing
written; 3, 4 with --fail-if, see above; 130 interrupted.)";

void add_sides(CLI::App& command, CompareWords& words) {
  const char* const group = "What is compared";
  command
      .add_option("names", words.names,
                  "schedulers, name or name:key=value,key=value; bare: the control server")
      ->group(group);
  command
      .add_option("--subject", words.subjects,
                  "a build of etude by its path, or a command line with {port} (and {cores}); "
                  "NAME= before it names it; repeatable")
      ->allow_extra_args(false)
      ->group(group);
  words.scheduler = all_schedulers().front().name;
  command.add_option("--scheduler", words.scheduler, "that builds given by --subject run")
      ->envname("ETUDE_SCHEDULER")
      ->capture_default_str()
      ->group(group);
}

void add_load(CLI::App& command, CompareWords& words) {
  const char* const group = "Load";
  command.add_option("--workload", words.workload, "plaintext, json or a path (plaintext)")
      ->group(group);
  command.add_option("-c,--connections", words.connections, "a number or several: 256,4096 (256)")
      ->group(group);
  command
      .add_option("-p,--pipeline", words.pipeline,
                  "requests outstanding per connection (16 for plaintext, else 1)")
      ->group(group);
  command.add_option("-R,--rate", words.rate_rps, "open loop: requests per second in all")
      ->check(CLI::PositiveNumber)
      ->group(group);
  command.add_option("--arrival", words.arrival, "of an open loop: poisson or fixed (poisson)")
      ->check(CLI::IsMember({"poisson", "fixed"}))
      ->group(group);
  command.add_option("-t,--threads", words.client_threads, "client threads (one a server core)")
      ->check(CLI::Range(1, 64))
      ->group(group);
}

void add_machine(CLI::App& command, CompareWords& words) {
  const char* const group = "Cores";
  command.add_option("--cores", words.cores, "of each server (1)")
      ->check(CLI::Range(1, 1'024))
      ->group(group);
  command
      .add_option("--placement", words.placement,
                  "split: the client on the other cores; shared: on the server's; swapped (split)")
      ->check(CLI::IsMember({"split", "swapped", "shared"}))
      ->group(group);
  command.add_option("--server-cores", words.server_cores, "these, as 0,1")->group(group);
  command.add_option("--client-cores", words.client_cores, "these, as 2,3")->group(group);
  command.add_option("--threads-per-core", words.threads_per_core, "workers on each core (1)")
      ->check(CLI::Range(1, 64))
      ->group(group);
}

void add_evidence(CLI::App& command, CompareWords& words) {
  const char* const group = "Evidence";
  command
      .add_option("--metric", words.metric,
                  "cpu: server CPU per request; throughput, p50, p99 (cpu)")
      ->check(CLI::IsMember({"cpu", "throughput", "p50", "p99"}))
      ->group(group);
  command
      .add_option("--within", words.within,
                  "equivalence margin (the size of --fail-if, else 2%, of latency 10%)")
      ->group(group);
  command.add_option("--budget", words.budget, "of all pairs (60s)")->group(group);
  command
      .add_option("--design", words.design,
                  "auto, or force: duet (at once), interleaved (in turns), paired (auto)")
      ->check(CLI::IsMember({"auto", "duet", "interleaved", "paired"}))
      ->group(group);
  command
      .add_option("-d,--duration", words.duration,
                  "measured time of a trial (2s, less if the "
                  "budget asks for it)")
      ->group(group);
  command.add_option("-w,--warmup", words.warmup, "before it, under load (0.4s)")->group(group);
  command.add_option("--seed", words.seed, "of orders and arrivals (1)")->group(group);
}

}  // namespace

void add_compare_options(CLI::App& command, CompareWords& words) {
  command.footer(kExamples);
  add_sides(command, words);
  add_load(command, words);
  add_machine(command, words);
  add_evidence(command, words);
}

}  // namespace etude::cli
