// experiments/harness/cpu_quota.h
//
// How much CPU the control groups of this process leave it, and how often they stopped it: a
// container with a quota stands still for the rest of each period, and its servers and clients
// with it. A group and all groups above it count, since each may hold a quota.
//
// Threads: any.
// Limits:  groups above the mount, outside of a container, are not seen from within it.
// Source:  Linux, Documentation/admin-guide/cgroup-v2.rst (cpu.max, cpu.stat) and
//          Documentation/scheduler/sched-bwc.rst (cpu.cfs_quota_us, cpu.stat of version 1).

#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

namespace etude::harness {

struct CpuQuota {
  std::optional<double> cores;  // the tightest quota, in cores' time; nothing: none is set
  std::optional<std::int64_t> throttled_count;  // periods cut short; nothing: not counted here
};

// `root`: in front of /proc and of the mount points, for a test.
CpuQuota read_cpu_quota(const std::filesystem::path& root = "/");

}  // namespace etude::harness
