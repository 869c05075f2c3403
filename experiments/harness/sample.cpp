#include "experiments/harness/sample.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "core/clock.h"
#include "experiments/harness/cpu_quota.h"
#include "experiments/harness/text_file.h"

namespace etude::harness {
namespace {

namespace fs = std::filesystem;

// Empty of a process that is gone.
std::string read_text(const std::string& path) { return read_text_file(path).value_or(""); }

double ticks_to_s(double ticks) { return ticks / static_cast<double>(::sysconf(_SC_CLK_TCK)); }

constexpr std::int64_t kKib = 1'024;  // the kernel's "kB"

// The number behind `key` in a /proc status file; 0 when it is not there.
std::int64_t status_number(const std::string& status, std::string_view key) {
  const std::size_t found = status.find(key);
  if (found == std::string::npos) return 0;
  return std::strtoll(status.c_str() + found + key.size(), nullptr, 10);
}

std::vector<std::string> task_dirs(pid_t pid) {
  std::vector<std::string> dirs;
  std::error_code gone;
  for (fs::directory_iterator it(fmt::format("/proc/{}/task", pid), gone), end; !gone && it != end;
       it.increment(gone)) {
    dirs.push_back(it->path().string());
  }
  return dirs;
}

std::vector<pid_t> children_of(pid_t pid) {
  std::vector<pid_t> children;
  for (const std::string& task : task_dirs(pid)) {
    std::istringstream listed(read_text(task + "/children"));
    for (pid_t child = 0; listed >> child;) children.push_back(child);
  }
  return children;
}

// Adds one process and those below it.
bool add_process(pid_t pid, ServerSample& sum) {
  const std::optional<Nanos> cpu_ns = process_cpu_ns(pid);
  if (!cpu_ns) return false;
  sum.cpu_ns += *cpu_ns;

  // The name in parentheses may hold blanks: fields are counted behind the last one.
  const std::string stat = read_text(fmt::format("/proc/{}/stat", pid));
  const std::size_t name_end = stat.rfind(')');
  if (name_end == std::string::npos) return false;
  std::istringstream fields(stat.substr(name_end + 1));
  std::string skipped;
  for (int field = 3; field < 14; ++field) fields >> skipped;
  double user_ticks = 0;
  double system_ticks = 0;
  fields >> user_ticks >> system_ticks;
  sum.user_s += ticks_to_s(user_ticks);
  sum.system_s += ticks_to_s(system_ticks);

  sum.rss_max_bytes +=
      kKib * status_number(read_text(fmt::format("/proc/{}/status", pid)), "VmHWM:");
  for (const std::string& task : task_dirs(pid)) {
    const std::string status = read_text(task + "/status");
    sum.ctx_voluntary += status_number(status, "\nvoluntary_ctxt_switches:");
    sum.ctx_involuntary += status_number(status, "\nnonvoluntary_ctxt_switches:");
  }
  for (const pid_t child : children_of(pid)) add_process(child, sum);
  return true;
}

// As add_process(). The rollup walks the page tables: unlike the counters in `status` it is exact.
bool add_memory(pid_t pid, MemorySample& sum) {
  const std::string rollup = read_text(fmt::format("/proc/{}/smaps_rollup", pid));
  if (rollup.empty()) return false;
  sum.rss_bytes += kKib * status_number(rollup, "\nRss:");
  sum.anonymous_bytes += kKib * status_number(rollup, "\nAnonymous:");
  const std::string maps = read_text(fmt::format("/proc/{}/maps", pid));
  sum.mappings += std::count(maps.begin(), maps.end(), '\n');
  for (const pid_t child : children_of(pid)) add_memory(child, sum);
  return true;
}

}  // namespace

std::optional<ServerSample> sample_server(pid_t pid) {
  ServerSample sum;
  if (!add_process(pid, sum)) return std::nullopt;
  return sum;
}

std::optional<MemorySample> sample_memory(pid_t pid) {
  MemorySample sum;
  if (!add_memory(pid, sum)) return std::nullopt;
  return sum;
}

MachineSample sample_machine() {
  std::ifstream stat("/proc/stat");
  std::string name;
  double user = 0, nice = 0, system = 0, idle = 0, iowait = 0, irq = 0, softirq = 0, steal = 0;
  stat >> name >> user >> nice >> system >> idle >> iowait >> irq >> softirq >> steal;
  const double busy = user + nice + system + irq + softirq;
  return {.total_s = ticks_to_s(busy + idle + iowait + steal),
          .busy_s = ticks_to_s(busy),
          .stolen_s = ticks_to_s(steal),
          .processes_s = ticks_to_s(user + nice + system),
          .throttled_count = read_cpu_quota().throttled_count};
}

}  // namespace etude::harness
