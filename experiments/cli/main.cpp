// build/etude: studies of schedulers, from one command line.

#include <fmt/format.h>

#include <cstdio>
#include <exception>

#include "core/failure.h"
#include "experiments/cli/commands.h"

namespace {

constexpr int kBadInput = 2;

int run(int argc, char** argv) {
  CLI::App app{
      "Etude: write a scheduler once; run it on real sockets, on virtual cores and under "
      "explored schedules."};
  app.require_subcommand(1);
  int exit_code = 0;
  etude::cli::add_schedulers_command(app, exit_code);
  etude::cli::add_serve_command(app, exit_code);
  etude::cli::add_load_command(app, exit_code);
  etude::cli::add_capacity_command(app, exit_code);
  etude::cli::add_run_command(app, exit_code);
  etude::cli::add_compare_command(app, exit_code);
  etude::cli::add_sim_command(app, exit_code);
  etude::cli::add_merge_command(app, exit_code);
  etude::cli::add_calibrate_command(app, exit_code);
  etude::cli::add_explore_command(app, exit_code);
  etude::cli::add_lint_command(app, exit_code);
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp& help) {
    return app.exit(help);
  } catch (const CLI::ParseError& mistake) {
    fmt::print(stderr, "etude: {}; see etude --help\n", mistake.what());
    return kBadInput;
  }
  return exit_code;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const etude::Error& mistake) {
    fmt::print(stderr, "etude: {}\n", mistake.what());
  } catch (const std::exception& surprise) {
    fmt::print(stderr, "etude: {}\n", surprise.what());
  }
  return kBadInput;
}
