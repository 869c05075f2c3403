// core/worker_stats.h
//
// What a worker tells about itself: the one list from which /stats, /metrics, workers.csv, the
// simulator's counts and `etude columns` are all made. A new counter is a member where it is
// counted (counters.h), its row here, and its increment.
//
// Threads: a WorkerStats by one at a time; read() while the counters are written, see counters.h.

#pragma once

#include <array>
#include <cstdint>
#include <iterator>
#include <stdexcept>
#include <string_view>
#include <variant>

#include "core/counters.h"

namespace etude {

// A counter only grows: two readings are subtracted. A gauge is how things stand.
enum class StatKind : std::uint8_t { counter, gauge };

// Who fills it: any worker; a worker of a server alone, not a simulated one; nobody, an old column.
enum class StatScope : std::uint8_t { any, server, nobody };

struct WorkerStat {
  std::string_view name;  // of the column, the field and the metric
  std::string_view unit;
  StatKind kind;
  std::string_view meaning;
  // Where it is counted; nothing: whoever takes the reading has it from elsewhere.
  std::variant<std::monostate, OwnerCounter SchedulerCounters::*, OwnerCounter LoopCounters::*,
               OwnerCounter ParkingCounters::*>
      counted_in = {};
  StatScope scope = StatScope::any;
};

// In the order of the columns of workers.csv; a new one goes to the end.
inline constexpr WorkerStat kWorkerStats[] = {
    {"local_submits", "tasks", StatKind::counter,
     "tasks that it submitted to a queue of its own or of nobody's",
     &SchedulerCounters::local_submits},
    {"remote_submits", "tasks", StatKind::counter, "tasks that others made wait, found by it",
     &SchedulerCounters::remote_submits},
    {"local_takes", "tasks", StatKind::counter, "tasks that it was given without stealing them",
     &SchedulerCounters::local_takes},
    {"steal_attempts", "probes", StatKind::counter, "other workers that it looked at for work",
     &SchedulerCounters::steal_attempts},
    {"steal_successes", "probes", StatKind::counter, "of them, those that had some",
     &SchedulerCounters::steal_successes},
    {"steal_tasks", "tasks", StatKind::counter, "tasks that they gave",
     &SchedulerCounters::steal_tasks},
    {"steal_lost", "races", StatKind::counter, "races for one task, lost to another worker",
     &SchedulerCounters::steal_lost},
    {"offered", "tasks", StatKind::counter, "tasks for which it asked to wake other workers",
     &SchedulerCounters::offered},
    {"overflow", "tasks", StatKind::counter,
     "tasks that did not fit their first queue and went to another", &SchedulerCounters::overflow},
    {"depth", "tasks", StatKind::gauge,
     "tasks waiting in its own queues, or in a central one, as it last saw them",
     &SchedulerCounters::depth},
    {"depth_max", "tasks", StatKind::gauge, "the most of them at one moment since the start",
     &SchedulerCounters::depth_max},
    {"switches", "fibers", StatKind::counter, "fibers carried on", &LoopCounters::switches},
    {"migrations", "fibers", StatKind::counter, "of them, fibers that last ran on another worker",
     &LoopCounters::migrations},
    {"polls", "polls", StatKind::counter, "looks at a reactor, blocking or not",
     &LoopCounters::polls},
    {"io_events", "events", StatKind::counter, "events that those looks reported",
     &LoopCounters::io_events},
    {"timer_fires", "timers", StatKind::counter, "sleeps ended", &LoopCounters::timer_fires},
    {"parks", "parks", StatKind::counter, "times it was told to block", &ParkingCounters::parks},
    {"wakes_sent", "wakes", StatKind::counter, "wake-ups that it wrote",
     &ParkingCounters::wakes_sent},
    {"wakes_received", "wakes", StatKind::counter, "notifications that it took",
     &ParkingCounters::wakes_received},
    {"cpu_ns", "ns", StatKind::counter, "CPU time of its thread", {}, StatScope::server},
    {"ctx_voluntary",
     "switches",
     StatKind::counter,
     "empty: switches are known of processes",
     {},
     StatScope::nobody},
    {"ctx_involuntary",
     "switches",
     StatKind::counter,
     "empty: switches are known of processes",
     {},
     StatScope::nobody},
    {"claims", "polls", StatKind::counter, "polls of another worker's reactor",
     &LoopCounters::claims},
    {"accepted", "connections", StatKind::counter,
     "connections accepted, at home with it from then on", &LoopCounters::accepted,
     StatScope::server},
    {"connections",
     "connections",
     StatKind::gauge,
     "of them, those open now; in workers.csv as the measured time begins",
     {},
     StatScope::server},
};
inline constexpr std::size_t kWorkerStatCount = std::size(kWorkerStats);

// A place in the list, found by name while the program is compiled: a wrong name does not compile.
class StatName {
 public:
  template <std::size_t size>
  consteval StatName(const char (&name)[size])  // NOLINT(google-explicit-constructor)
      : at_(find({name, size - 1})) {}

  constexpr std::size_t at() const noexcept { return at_; }

 private:
  static consteval std::size_t find(std::string_view name) {
    for (std::size_t at = 0; at < kWorkerStatCount; ++at) {
      if (kWorkerStats[at].name == name) return at;
    }
    throw std::invalid_argument("no such row in kWorkerStats");
  }

  std::size_t at_;
};

// One reading, or the difference of two.
struct WorkerStats {
  std::array<std::uint64_t, kWorkerStatCount> values{};

  std::uint64_t& operator[](StatName name) noexcept { return values[name.at()]; }
  std::uint64_t operator[](StatName name) const noexcept { return values[name.at()]; }

  // Takes what this group of counters has.
  template <typename Counters>
  void read(const Counters& counters) noexcept {
    for (std::size_t at = 0; at < kWorkerStatCount; ++at) {
      const auto* const member =
          std::get_if<OwnerCounter Counters::*>(&kWorkerStats[at].counted_in);
      if (member != nullptr) values[at] = (counters.**member).value();
    }
  }

  // What was counted after `before`; gauges stay as they are.
  void subtract(const WorkerStats& before) noexcept {
    for (std::size_t at = 0; at < kWorkerStatCount; ++at) {
      if (kWorkerStats[at].kind == StatKind::counter) values[at] -= before.values[at];
    }
  }
};

}  // namespace etude
