// Explores code with an error in it: mutant SCHEDULER [key=value]. Exit 0 when the error was found
// and its file replays 100 times of 100; else 1.

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <string>

#include "experiments/explorer/explore.h"
#include "experiments/explorer/finding_file.h"

namespace {

// Some seconds: an error that is not found by then counts as missed.
constexpr std::uint64_t kSchedulesMax = 3'000'000;
// The fewer tasks, the sooner an error that takes one certain order of steps meets it.
constexpr std::uint32_t kTasksMax = 4;

std::uint32_t replays(const std::string& path, std::uint32_t times) {
  const etude::explorer::StoredFinding stored = etude::explorer::read_finding(path);
  std::uint32_t same = 0;
  for (std::uint32_t time = 0; time < times; ++time) {
    if (etude::explorer::replay(stored.subject, stored.finding) == stored.finding.failure) ++same;
  }
  return same;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  using namespace etude::explorer;
  Subject subject{.scheduler = etude::find_scheduler(argv[1], explored_schedulers())};
  for (int i = 2; i < argc; ++i) {
    const std::string pair = argv[i];
    subject.set[pair.substr(0, pair.find('='))] = pair.substr(pair.find('=') + 1);
  }
  const Exploration result =
      explore(subject, {.schedules_max = kSchedulesMax, .tasks_max = kTasksMax});
  fmt::print("{} schedules: {}\n", result.schedules,
             result.finding ? result.finding->failure : "nothing found");
  if (!result.finding) return 1;
  const std::string path = fmt::format("{}.{}.json", argv[0], getpid());
  write_finding(path, subject, *result.finding);
  // Code that stops the process says so each time; once is enough.
  if (std::freopen("/dev/null", "w", stderr) == nullptr) return 1;
  const std::uint32_t same = replays(path, 100);
  fmt::print("replayed {} of 100 times\n", same);
  std::remove(path.c_str());
  return same == 100 ? 0 : 1;
}
