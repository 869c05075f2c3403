#include "experiments/harness/trial.h"

#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "core/clock.h"
#include "core/failure.h"
#include "experiments/harness/trial_side.h"

namespace etude::harness {
namespace {

constexpr int kAbandon = 2;  // signals until the running trial is given up
constexpr Nanos kStatsAnswer_ns = 2 * kSecond;
constexpr Nanos kPortRetry_ns = 20 * kMillisecond;
// From the barrier to the common start: more than the last client needs to hear of it.
constexpr Nanos kHearOfStart_ns = 30 * kMillisecond;
// Chosen by hand: an interleaved client's turn. The servers' caches and the connections' windows
// are warm again within a few milliseconds of it.
constexpr Nanos kTurn_ns = 100 * kMillisecond;

// One side, or several that run at the same time.
class Trial {
 public:
  Trial(const TrialContext& context, Design design) : context_(context), design_(design) {}

  void add_side(const PlannedTrial& planned, const CorePair& cores, TrialRecord& record) {
    sides_.push_back(std::make_unique<TrialSide>(context_, planned, cores, record));
  }

  // False: abandoned by the user. Otherwise the records tell how it went.
  bool run();

 private:
  void start_servers();
  bool wait_until_ready(TrialSide& side, Nanos deadline_ns);
  void start_clients();
  void pass_barrier(Nanos deadline_ns);
  void wait_for_clients(Nanos deadline_ns);
  void fill_records();

  // Sleeps until something is to be read or heard of, and reads it.
  void pump(Nanos deadline_ns);
  void follow_events();
  bool is_joint() const { return sides_.size() > 1; }
  bool abandoned() { return context_.interrupts.count() >= kAbandon; }
  template <typename Condition>
  bool any(Condition condition) {
    return std::any_of(sides_.begin(), sides_.end(), [&](auto& side) { return condition(*side); });
  }

  const TrialContext& context_;
  const Design design_;
  std::vector<std::unique_ptr<TrialSide>> sides_;
  bool start_read_ = false;
  bool end_read_ = false;
};

bool Trial::run() {
  start_servers();
  if (!abandoned()) {
    start_clients();
    fill_records();
  }
  for (auto& side : sides_) side->end_client();
  for (auto& side : sides_) side->stop_server();
  return !abandoned();
}

// One behind the other: two that start at once would each look slow to the other's deadline.
void Trial::start_servers() {
  for (auto& side : sides_) {
    side->start_server();
    const Nanos deadline_ns = monotonic_ns() + context_.bounds.ready_ns;
    if (!wait_until_ready(*side, deadline_ns)) continue;
    if (!side->wants_memory()) continue;
    // After one request: a port may accept before the process that serves it has been started.
    const Nanos answer_ns = monotonic_ns() + kStatsAnswer_ns;
    const StatsFetch& first = side->ask_once();
    while (first.fd() >= 0 && !first.has_answered() && monotonic_ns() < answer_ns && !abandoned()) {
      pump(answer_ns);
    }
    side->read_empty_memory();
  }
}

bool Trial::wait_until_ready(TrialSide& side, Nanos deadline_ns) {
  while (!side.is_ready()) {
    if (side.failed() || abandoned()) return false;
    const Nanos now_ns = monotonic_ns();
    if (now_ns >= deadline_ns) {
      side.fail(
          fmt::format("the server was not ready within {} s", context_.bounds.ready_ns / kSecond));
      return false;
    }
    // Only a port cannot be waited for; a line of output wakes poll() by itself.
    pump(side.is_watched_port() ? std::min(deadline_ns, now_ns + kPortRetry_ns) : deadline_ns);
  }
  return true;
}

void Trial::start_clients() {
  const Suite& suite = context_.suite;
  const auto measuring_ns =
      static_cast<Nanos>((suite.warmup_s + suite.duration_s) * static_cast<double>(kSecond));
  const Nanos deadline_ns = monotonic_ns() + measuring_ns + context_.bounds.beyond_measuring_ns;
  for (std::uint32_t i = 0; i < sides_.size(); ++i) {
    if (sides_[i]->failed()) continue;
    ClientStart start{.barrier = is_joint(), .turns = {}};
    if (design_ == Design::interleaved) {
      start.turns = Turns{
          .length_ns = kTurn_ns, .index = i, .count = static_cast<std::uint32_t>(sides_.size())};
    }
    sides_[i]->start_client(start);
  }
  if (is_joint()) pass_barrier(deadline_ns);
  wait_for_clients(deadline_ns);
}

// All clients that are alive have connected; then all begin at one moment.
void Trial::pass_barrier(Nanos deadline_ns) {
  while (any([](TrialSide& side) { return !side.has_ended() && !side.is_connected(); })) {
    if (abandoned() || monotonic_ns() >= deadline_ns) return;
    pump(deadline_ns);
  }
  const Nanos start_ns = monotonic_ns() + kHearOfStart_ns;
  for (auto& side : sides_) {
    if (!side->failed()) side->begin_at(start_ns);
  }
}

void Trial::wait_for_clients(Nanos deadline_ns) {
  while (any([](TrialSide& side) { return !side.has_ended(); })) {
    if (abandoned()) return;
    if (monotonic_ns() >= deadline_ns) {
      for (auto& side : sides_) {
        if (!side->has_ended()) side->fail("the client did not end in time");
      }
      return;
    }
    pump(deadline_ns);
  }
}

void Trial::pump(Nanos deadline_ns) {
  std::vector<pollfd> sources{{.fd = context_.interrupts.fd(), .events = POLLIN, .revents = 0}};
  for (auto& side : sides_) side->watch(sources);
  // Rounded up, so that the last wait does not spin.
  const Nanos left_ns = std::max<Nanos>(deadline_ns - monotonic_ns(), 0);
  ::poll(sources.data(), sources.size(), static_cast<int>(left_ns / kMillisecond) + 1);
  follow_events();  // first: the readings are wanted at this very moment
  for (auto& side : sides_) side->heed_outputs();
}

// Of several sides all are read when the first says so: the same interval for each.
void Trial::follow_events() {
  for (auto& side : sides_) side->heed_events();
  const auto read_all = [&](bool& done, bool due, void (TrialSide::*read)()) {
    if (!due || std::exchange(done, true)) return;
    for (auto& side : sides_) ((*side).*read)();
  };
  read_all(start_read_, any([](TrialSide& side) { return side.measure_begun(); }),
           &TrialSide::read_start);
  read_all(end_read_, any([](TrialSide& side) { return side.measure_ended(); }),
           &TrialSide::read_end);
  for (auto& side : sides_) side->ask_stats();
}

void Trial::fill_records() {
  if (abandoned()) return;
  follow_events();  // a client's last words
  for (auto& side : sides_) {
    if (!side->failed()) side->fill_from_client();
  }
  const Nanos deadline_ns = monotonic_ns() + kStatsAnswer_ns;
  while (any([](TrialSide& side) { return !side.failed() && side.awaits_stats(); }) &&
         monotonic_ns() < deadline_ns && !abandoned()) {
    pump(deadline_ns);
  }
  double all_cpu_s = 0;
  for (auto& side : sides_) all_cpu_s += side->cpu_s();
  for (auto& side : sides_) {
    if (side->failed()) continue;
    side->fill_from_server(is_joint() ? std::optional(all_cpu_s - side->cpu_s()) : std::nullopt);
  }
}

// Why this trial cannot be run here; the status goes into its record.
bool refused(const TrialContext& context, const PlannedTrial& planned, TrialRecord& record) {
  if (const auto reason = why_not(planned.cell, context.machine)) {
    record.trial.status = "skipped_machine_limit";
    add_reason(record, *reason);
    return true;
  }
  if (const auto reason = lacking_program(context.tools, planned.cell)) {
    record.trial.status = "skipped_not_installed";
    add_reason(record, *reason);
    return true;
  }
  if (planned.cell.arrival != "closed" && !planned.cell.rate_rps) {
    set_failed(record, "the capacity that its rate is a share of was not measured");
    return true;
  }
  return false;
}

}  // namespace

std::optional<TrialRecord> run_trial(const TrialContext& context, const PlannedTrial& planned,
                                     int attempt) {
  auto records = run_together(context, {&planned, 1}, Design::solo, attempt);
  if (!records) return std::nullopt;
  return std::move(records->front());
}

std::optional<std::vector<TrialRecord>> run_together(const TrialContext& context,
                                                     std::span<const PlannedTrial> sides,
                                                     Design design, int attempt) {
  std::vector<TrialRecord> records(sides.size());
  std::vector<std::optional<CorePair>> cores(sides.size());
  Trial trial(context, design);
  bool any_runs = false;
  for (std::size_t i = 0; i < sides.size(); ++i) {
    cores[i] = place(sides[i].cell, context.machine);
    records[i] = planned_record(context.identity, context.suite, sides[i], cores[i], attempt);
    if (refused(context, sides[i], records[i])) continue;
    try {
      trial.add_side(sides[i], *cores[i], records[i]);
      any_runs = true;
    } catch (const Error& refusal) {
      set_failed(records[i], refusal.what());  // no free port
    }
  }
  if (any_runs && !trial.run()) return std::nullopt;
  return records;
}

}  // namespace etude::harness
