// experiments/harness/core_settings.h
//
// What the kernel says of single cores: which are hyperthreads of one physical core, how fast a
// core is told to run, how deep it may sleep. Two cores "apart" that are one physical core share
// its execution units, so that a client slows the server down.
//
// Threads: any.
// Limits:  a virtual machine shows what its hypervisor chose to show: often no hyperthreads, no
//          governor and no idle states.
// Source:  Linux, Documentation/ABI/stable/sysfs-devices-system-cpu (topology), and
//          Documentation/admin-guide/pm/cpuidle.rst.

#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/types.h"
#include "experiments/harness/machine.h"

namespace etude::harness {

struct IdleState {
  std::string name;
  Nanos exit_latency_ns = 0;
  bool enabled = true;
};

struct CoreSettings {
  std::string hyperthreads;            // of its physical core, itself included: "0,2"; or "unknown"
  std::string governor;                // or "unknown"
  std::vector<IdleState> idle_states;  // none: none are shown
};

// `root`: in front of /sys, for a test.
CoreSettings core_settings(std::uint32_t core, const std::filesystem::path& root = "/");

// Whether a core of the server and one of the client are hyperthreads of one physical core.
// Nothing when a core has both, when there is no client here, or when the kernel does not say.
std::optional<bool> siblings_shared(const CorePair& cores, const std::filesystem::path& root = "/");

}  // namespace etude::harness
