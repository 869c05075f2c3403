// The server that the raw request cases speak to where `etude` is not built: case_server SCHEDULER
// is `etude serve --port 0 --cores 0 --threads-per-core 2 --app echo`, from the same parts and
// without a command line, which takes longest to compile. Without an argument: the names of the
// schedulers, in the form of `etude schedulers --json`.

#include <fmt/format.h>

#include "core/failure.h"
#include "experiments/cli/server_process.h"

namespace {

constexpr std::uint32_t kConnections = 1'024;

void list_schedulers() {
  const char* between = "";
  fmt::print("{{\"schedulers\": [");
  for (const etude::SchedulerEntry& entry : etude::all_schedulers()) {
    fmt::print("{}{{\"name\": \"{}\"}}", between, entry.name);
    between = ", ";
  }
  fmt::print("]}}\n");
}

int serve(const char* scheduler) {
  etude::cli::ServerOptions options{.scheduler = scheduler, .app = etude::cli::App::echo};
  options.listen.port = 0;
  options.runtime.cores = {0};
  options.runtime.threads_per_core = 2;
  options.runtime.worker.connections_max = kConnections;
  options.runtime.fibers_max = kConnections + etude::cli::kSpareFibers;
  return etude::cli::run_server(options);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 2) return serve(argv[1]);
  list_schedulers();
  return 0;
}
