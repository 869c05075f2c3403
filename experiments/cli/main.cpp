// build/etude: studies of schedulers, from one command line.

#include <fcntl.h>
#include <fmt/format.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <exception>
#include <iostream>
#include <system_error>

#include "core/failure.h"
#include "core/stderr_text.h"
#include "core/text.h"
#include "experiments/cli/commands.h"

namespace {

constexpr int kFailed = 1;
constexpr int kBadInput = 2;

int run(int argc, char** argv) {
  CLI::App app{
      "Etude: write a scheduler once; run it on real sockets, on virtual cores and under "
      "explored schedules."};
  etude::cli::add_version_option(app);
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
  etude::cli::add_submit_command(app, exit_code);
  etude::cli::add_status_command(app, exit_code);
  etude::cli::add_pack_command(app, exit_code);
  etude::cli::add_verify_command(app, exit_code);
  etude::cli::add_calibrate_command(app, exit_code);
  etude::cli::add_explore_command(app, exit_code);
  etude::cli::add_columns_command(app, exit_code);
  etude::cli::add_lint_command(app, exit_code);
  etude::cli::add_completion_command(app, exit_code);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& asked) {  // --help, --version
    return app.exit(asked);
  } catch (const CLI::ParseError& mistake) {
    etude::print_stderr("etude: {}; see etude --help\n", etude::printable(mistake.what()));
    return kBadInput;
  }
  return exit_code;
}

// A closed descriptor 0, 1 or 2 would be the number of the next file or socket that is opened, and
// messages would go there. Opened for reading only, stdout and stderr still refuse what is written.
void occupy_standard_descriptors() {
  for (int fd = 0; fd <= 2; ++fd) {
    if (fcntl(fd, F_GETFD) == -1) static_cast<void>(open("/dev/null", O_RDONLY));
  }
}

// What was written so far may lie in a buffer: the disk, or the reader, has the last word. An exit
// code that tells of another failure stays as it is.
int finish_stdout(int exit_code, int cause) {
  errno = cause;
  std::cout.flush();
  const bool flushed = std::fflush(stdout) == 0;
  if (flushed && std::ferror(stdout) == 0 && std::cout.good()) return exit_code;
  etude::print_stderr("etude: stdout: {}; write to a file or pipe that takes all of it\n",
                      errno != 0 ? std::strerror(errno) : "could not be written");
  return exit_code == 0 || exit_code == kBadInput ? kFailed : exit_code;
}

}  // namespace

int main(int argc, char** argv) {
  occupy_standard_descriptors();
  // A reader of stdout that went away is found out at the next write, and said.
  std::signal(SIGPIPE, SIG_IGN);
  int exit_code = kBadInput;
  int cause = 0;  // errno of a write that stdout refused
  try {
    exit_code = run(argc, argv);
  } catch (const etude::Error& mistake) {
    etude::print_stderr("etude: {}\n", etude::printable(mistake.what()));
  } catch (const std::system_error& surprise) {
    // The first write that stdout refuses throws; finish_stdout() says it.
    cause = surprise.code().value();
    if (std::ferror(stdout) == 0) {
      etude::print_stderr("etude: {}\n", etude::printable(surprise.what()));
    }
  } catch (const std::exception& surprise) {
    etude::print_stderr("etude: {}\n", etude::printable(surprise.what()));
  }
  return finish_stdout(exit_code, cause);
}
