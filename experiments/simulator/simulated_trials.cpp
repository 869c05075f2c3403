#include "experiments/simulator/simulated_trials.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <new>
#include <utility>

#include "core/failure.h"
#include "experiments/simulator/outcome_record.h"

namespace etude::sim {
namespace {

using harness::PlannedTrial;
using harness::TrialRecord;

// Chosen by hand; only the ETA depends on them.
constexpr double kRequestsPerSecond = 400'000;
constexpr double kConnectionsPerSecond = 1'000'000;
constexpr double kAssumedCapacity_rps = 100'000;  // until it has been simulated

constexpr int kAbandon = 2;  // signals until the running trial is given up

int make_finished_fd() {
  const int fd = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (fd < 0) throw Error("eventfd", "cannot be made", "raise the limit of open files");
  return fd;
}

PlannedTrial assumed(const harness::Cell& cell) {
  PlannedTrial planned{
      .trial_id = {}, .cell_id = {}, .block = 0, .order = 0, .seed = 0, .cell = cell};
  if (cell.arrival != "closed" && !cell.rate_rps) {
    planned.cell.rate_rps =
        *cell.rate_share * cell.workload.capacity_rps.value_or(kAssumedCapacity_rps);
  }
  return planned;
}

}  // namespace

SimulatedTrials::SimulatedTrials(const SimulatedSuite& suite, SchedulerMaker make_scheduler,
                                 std::uint32_t jobs)
    : suite_(suite),
      make_scheduler_(std::move(make_scheduler)),
      jobs_(jobs),
      finished_fd_(make_finished_fd()) {
  for (const harness::Cell& cell : suite.suite.cells) {
    if (why_skipped(cell) || !never_ends(cell)) continue;
    throw Error(fmt::format("{}: workloads.{}", suite.file, cell.workload.name),
                fmt::format("costs nothing in the model {}, and a closed loop of it never ends",
                            cell.model),
                "name other costs (--costs; etude calibrate writes this machine's), or give it a "
                "service");
  }
}

SimulatedTrials::~SimulatedTrials() {
  {
    const std::scoped_lock lock(mutex_);
    abandoned_ = true;
    queue_.clear();
  }
  has_work_.notify_all();
  for (std::thread& thread : threads_) thread.join();
  ::close(finished_fd_);
}

std::optional<std::string> SimulatedTrials::why_skipped(const harness::Cell& cell) const {
  if (cell.subject.kind == harness::SubjectKind::etude) return std::nullopt;
  return fmt::format("the subject {} has no scheduler of ours to simulate", cell.subject.name);
}

// The cell itself, or the closed loop that its capacity is found by.
bool SimulatedTrials::never_ends(const harness::Cell& cell) const {
  const auto stands_still = [this](const harness::Cell& one) {
    return takes_no_time(build_model(suite_, assumed(one), 1, make_scheduler_).model);
  };
  if (stands_still(cell)) return true;
  if (!cell.rate_share || cell.workload.capacity_rps) return false;
  harness::Cell closed = cell;
  closed.arrival = "closed";
  return stands_still(closed);
}

double SimulatedTrials::expected_s(const harness::Cell& cell) const {
  const BuiltModel built = build_model(suite_, assumed(cell), 1, make_scheduler_);
  return expected_size(built.model).requests / kRequestsPerSecond +
         cell.connections / kConnectionsPerSecond;
}

double SimulatedTrials::expected_bytes(const harness::Cell& cell) const {
  const BuiltModel built = build_model(suite_, assumed(cell), 1, make_scheduler_);
  return jobs_ * expected_size(built.model).bytes;
}

void SimulatedTrials::announce(const PlannedTrial& planned, int attempt) {
  if (why_skipped(planned.cell)) return;
  const auto job = std::make_shared<Job>();
  job->built = build_model(suite_, planned, attempt, make_scheduler_);
  jobs_by_trial_[attempt_id(planned, attempt)] = job;
  // Only now, since the campaign has blocked by now the signals it waits for.
  while (threads_.size() < jobs_) threads_.emplace_back([this] { work(); });
  {
    const std::scoped_lock lock(mutex_);
    queue_.push_back(job);
  }
  has_work_.notify_one();
}

void SimulatedTrials::work() {
  std::unique_lock lock(mutex_);
  while (true) {
    has_work_.wait(lock, [this] { return abandoned_ || !queue_.empty(); });
    if (abandoned_) return;
    const std::shared_ptr<Job> job = queue_.front();
    queue_.pop_front();
    lock.unlock();
    std::unique_ptr<Outcome> outcome = simulated(job->built.model);
    lock.lock();
    job->outcome = std::move(outcome);
    const std::uint64_t one = 1;
    require(::write(finished_fd_, &one, sizeof one) == sizeof one, "a count of jobs has room");
  }
}

// A cell that cannot be carried out is a failed trial of its own.
std::unique_ptr<Outcome> SimulatedTrials::simulated(const Model& model) {
  const auto goes_on = [this](double) {
    const std::scoped_lock lock(mutex_);
    return !abandoned_;
  };
  std::string failure;
  try {
    return simulate(model, goes_on);
  } catch (const std::bad_alloc&) {
    failure = "memory ran out; see --dry-run, lower connections or --jobs";
  } catch (const Error& mistake) {
    failure = mistake.what();
  }
  auto outcome = std::make_unique<Outcome>();
  outcome->load.failure = failure;
  return outcome;
}

// False: the user wants no more.
bool SimulatedTrials::wait_for(const Job& job, harness::Interrupts& interrupts) {
  while (true) {
    {
      const std::scoped_lock lock(mutex_);
      if (job.outcome) return true;
    }
    if (interrupts.count() >= kAbandon) return false;
    std::array<pollfd, 2> sources{{{.fd = interrupts.fd(), .events = POLLIN, .revents = 0},
                                   {.fd = finished_fd_, .events = POLLIN, .revents = 0}}};
    ::poll(sources.data(), sources.size(), -1);
    std::uint64_t finished = 0;
    while (::read(finished_fd_, &finished, sizeof finished) == sizeof finished) {
    }
  }
}

std::optional<TrialRecord> SimulatedTrials::run(const harness::TrialRun& run) {
  TrialRecord record = planned_record(run, suite_.suite);
  const harness::Cell& cell = run.planned.cell;
  if (const auto reason = why_skipped(cell)) {
    record.trial.status = "skipped_not_simulated";
    harness::add_reason(record, *reason);
    return record;
  }
  if (cell.arrival != "closed" && !cell.rate_rps) {
    harness::set_failed(record, "the capacity that its rate is a share of was not simulated");
    return record;
  }
  const std::string id = attempt_id(run.planned, run.attempt);
  if (!jobs_by_trial_.contains(id)) announce(run.planned, run.attempt);
  const auto announced = jobs_by_trial_.extract(id);
  Job& job = *announced.mapped();
  if (!wait_for(job, run.interrupts)) return std::nullopt;
  fill_from_outcome(*job.outcome, job.built, cell, record);
  return record;
}

}  // namespace etude::sim
