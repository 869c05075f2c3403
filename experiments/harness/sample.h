// experiments/harness/sample.h
//
// Readings of a server and of the whole machine at one moment; a trial takes two and subtracts.
// Everything comes from the kernel's accounts, so that any command line can be a subject.
//
// Threads: one at a time.
// Limits:  a process tree is counted as it stands at the moment; children that come and go between
//          two readings are not seen.
// Source:  proc(5); clock_getcpuclockid(3).

#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>

#include "core/types.h"

namespace etude::harness {

// A process with its children, summed.
struct ServerSample {
  Nanos cpu_ns = 0;  // exact; user and system are split by clock ticks
  double user_s = 0;
  double system_s = 0;
  std::int64_t ctx_voluntary = 0;
  std::int64_t ctx_involuntary = 0;
  std::int64_t rss_max_bytes = 0;
};

// What a process and its children hold of memory. Pages that they share, of libraries for example,
// count once for each; a difference of two samples does not show them.
struct MemorySample {
  std::int64_t rss_bytes = 0;
  std::int64_t anonymous_bytes = 0;  // of these: no file's, and not shared
  std::int64_t mappings = 0;         // lines of /proc/PID/maps
};

struct MachineSample {
  double total_s = 0;  // of all cores, idle included
  double busy_s = 0;   // whoever it is charged to, interrupts included, stolen time not
  double stolen_s = 0;
  double processes_s = 0;  // of `busy_s`, what is charged to processes and to no interrupt
  std::optional<std::int64_t> throttled_count{};  // of the control groups; cpu_quota.h
};

// Nothing when the process is gone.
std::optional<ServerSample> sample_server(pid_t pid);
std::optional<MemorySample> sample_memory(pid_t pid);
MachineSample sample_machine();

}  // namespace etude::harness
