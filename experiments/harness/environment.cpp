#include "experiments/harness/environment.h"

#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <fstream>
#include <sstream>
#include <string_view>

#include "build_info.h"
#include "experiments/harness/core_settings.h"
#include "experiments/harness/cpu_quota.h"
#include "experiments/harness/machine.h"
#include "experiments/harness/plan.h"

namespace etude::harness {
namespace {

// Settings that change what sockets and threads do under load.
constexpr const char* kSysctls[] = {"net/core/somaxconn",
                                    "net/core/netdev_max_backlog",
                                    "net/core/rmem_default",
                                    "net/core/wmem_default",
                                    "net/ipv4/tcp_rmem",
                                    "net/ipv4/tcp_wmem",
                                    "net/ipv4/tcp_max_syn_backlog",
                                    "net/ipv4/ip_local_port_range",
                                    "net/ipv4/tcp_tw_reuse",
                                    "net/ipv4/tcp_congestion_control",
                                    "vm/max_map_count",
                                    "vm/overcommit_memory",
                                    "fs/nr_open",
                                    "fs/file-max",
                                    "kernel/threads-max",
                                    "kernel/randomize_va_space",
                                    "kernel/sched_autogroup_enabled"};

std::string first_line(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  return std::getline(file, line) ? line : "unknown";
}

// "model name : Foo" -> "Foo"
std::string cpuinfo(const std::string& key) {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with(key)) continue;
    const std::size_t colon = line.find(": ");
    if (colon != std::string::npos) return line.substr(colon + 2);
  }
  return "unknown";
}

std::int64_t memory_bytes() {
  return std::int64_t{::sysconf(_SC_PHYS_PAGES)} * ::sysconf(_SC_PAGESIZE);
}

Json limit_of(__rlimit_resource resource) {
  rlimit limit{};
  getrlimit(resource, &limit);
  const auto shown = [](rlim_t value) {
    return value == RLIM_INFINITY ? Json("unlimited") : Json(value);
  };
  return {{"soft", shown(limit.rlim_cur)}, {"hard", shown(limit.rlim_max)}};
}

// The client's cores as well as the server's: a run may place either anywhere among them.
Json describe_cores(const std::vector<std::uint32_t>& cores) {
  Json described = Json::array();
  for (const std::uint32_t core : cores) {
    const CoreSettings settings = core_settings(core);
    Json states = Json::array();
    for (const IdleState& state : settings.idle_states) {
      states.push_back({{"name", state.name},
                        {"exit_latency_ns", state.exit_latency_ns},
                        {"enabled", state.enabled}});
    }
    described.push_back({{"core", core},
                         {"hyperthreads", settings.hyperthreads},
                         {"governor", settings.governor},
                         {"idle_states", states}});
  }
  return described;
}

Json describe_cpu_quota() {
  const CpuQuota quota = read_cpu_quota();
  return {{"cores", quota.cores ? Json(*quota.cores) : Json()},
          {"throttling_counted", quota.throttled_count.has_value()}};
}

Json describe_machine() {
  utsname name{};
  uname(&name);
  const std::string flags = cpuinfo("flags");
  const std::vector<std::uint32_t> usable = this_machine().cores;
  return {{"host", name.nodename},
          {"kernel", fmt::format("{} {}", name.sysname, name.release)},
          {"kernel_build", name.version},
          {"architecture", name.machine},
          {"cpu_model", cpuinfo("model name")},
          {"cores_online", ::sysconf(_SC_NPROCESSORS_ONLN)},
          {"cores_usable", usable},
          {"cores", describe_cores(usable)},
          {"cpu_quota", describe_cpu_quota()},
          {"smt_active", first_line("/sys/devices/system/cpu/smt/active")},
          {"governor", first_line("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor")},
          {"clocksource",
           first_line("/sys/devices/system/clocksource/clocksource0/current_clocksource")},
          {"virtual_machine", flags.find(" hypervisor") != std::string::npos},
          {"transparent_hugepages", first_line("/sys/kernel/mm/transparent_hugepage/enabled")},
          {"memory_bytes", memory_bytes()}};
}

Json describe_build() {
  return {
      {"commit", build_info::kCommit},
      {"dirty", build_info::kDirty},
      {"compiler", build_info::kCompiler},
      {"flags", build_info::kFlags},
      {"build_type", build_info::kBuildType},
      {"sanitize", build_info::kSanitize},
      {"libraries",
       {{"boost", build_info::kBoostVersion},
        {"cli11", build_info::kCli11Version},
        {"fmt", FMT_VERSION},
        {"libevent", build_info::kLibeventVersion},
        {"llhttp", build_info::kLlhttpVersion},
        {"nlohmann_json", fmt::format("{}.{}.{}", NLOHMANN_JSON_VERSION_MAJOR,
                                      NLOHMANN_JSON_VERSION_MINOR, NLOHMANN_JSON_VERSION_PATCH)}}}};
}

}  // namespace

std::string git_revision() {
  return std::string(build_info::kCommit) + (build_info::kDirty ? "-dirty" : "");
}

std::string version_text() {
  const std::string_view sanitize = build_info::kSanitize;
  return fmt::format("etude {}\ncommit {}\ncompiler {}\nbuild type {}{}", build_info::kVersion,
                     git_revision(), build_info::kCompiler, build_info::kBuildType,
                     sanitize.empty() ? "" : fmt::format(", sanitize {}", sanitize));
}

Json describe_environment(const std::string& overrides) {
  Json sysctls = Json::object();
  for (const char* name : kSysctls) {
    sysctls[name] = first_line(fmt::format("/proc/sys/{}", name));
  }
  Json environment = {{"schema", 1},
                      {"machine", describe_machine()},
                      {"limits",
                       {{"open_files", limit_of(RLIMIT_NOFILE)},
                        {"processes", limit_of(RLIMIT_NPROC)},
                        {"locked_memory_bytes", limit_of(RLIMIT_MEMLOCK)}}},
                      {"sysctl", sysctls},
                      {"build", describe_build()},
                      {"overrides", overrides}};
  environment["env_id"] = hash_text(environment.dump()).substr(0, 12);
  return environment;
}

}  // namespace etude::harness
