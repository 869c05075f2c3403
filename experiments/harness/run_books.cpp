#include "experiments/harness/run_books.h"

#include <fmt/format.h>
#include <signal.h>

#include <algorithm>
#include <cstdio>
#include <utility>

#include "core/clock.h"
#include "core/stderr_text.h"
#include "experiments/harness/atomic_file.h"
#include "experiments/harness/campaign.h"
#include "experiments/harness/environment.h"

namespace etude::harness {
namespace {

// The tables are rewritten now and then for those who look on, and never for more than a twentieth
// of the time.
constexpr Nanos kTablesEvery_ns = 20 * kSecond;
constexpr Nanos kTablesCostFactor = 20;

}  // namespace

RunBooks::IgnoredSignals::IgnoredSignals() {
  ::signal(SIGXFSZ, SIG_IGN);
  ::signal(SIGPIPE, SIG_IGN);
}

RunBooks::RunBooks(const std::string& out, const Suite& suite, const std::string& run_id,
                   const std::string& overrides)
    : environment_(describe_environment(overrides)),
      identity_{.run_id = run_id,
                .git_rev = git_revision(),
                .env_id = environment_["env_id"].get<std::string>(),
                .node = environment_["machine"]["host"].get<std::string>()},
      results_(ResultsDir::open_or_create(out, suite.as_run)) {}

void RunBooks::add_table(const std::string& name, std::function<std::string()> text) {
  tables_.push_back({name, std::move(text)});
}

bool RunBooks::begin(Progress& progress) {
  if (journal().dropped_torn_line()) {
    progress.says("the journal ended in a torn line, of a trial that was not finished: dropped");
  }
  if (disk_refuses(results_.keep_environment(environment_))) return false;
  if (disk_refuses(write_tables())) return false;
  tables_due_ns_ = monotonic_ns() + kTablesEvery_ns;
  return true;
}

bool RunBooks::keep(std::span<const TrialRecord> records) {
  return !disk_refuses(journal().append(records));
}

void RunBooks::refresh_tables(Progress& progress) {
  const Nanos start_ns = monotonic_ns();
  if (start_ns < tables_due_ns_) return;
  // A full disk shows again at the next record, or at the end; the journal is what counts.
  if (const auto problem = write_tables()) progress.says(*problem);
  const Nanos end_ns = monotonic_ns();
  tables_due_ns_ = end_ns + std::max(kTablesEvery_ns, kTablesCostFactor * (end_ns - start_ns));
}

void RunBooks::finish() {
  const auto problem = write_tables();
  if (exit_code_ == kDone || exit_code_ == kInterrupted) disk_refuses(problem);
}

std::optional<std::string> RunBooks::write_tables() const {
  for (const Table& table : tables_) {
    AtomicFile file(fmt::format("{}/{}", results_.path(), table.name));
    file.append(table.text());
    if (auto problem = file.commit()) return problem;
  }
  return results_.write_tables();
}

// True: it did, said so, and the run is over.
bool RunBooks::disk_refuses(const std::optional<std::string>& problem) {
  if (!problem) return false;
  print_stderr("etude: {}; make room and run the same command again, it resumes\n", *problem);
  exit_code_ = kWorkFailed;
  return true;
}

}  // namespace etude::harness
