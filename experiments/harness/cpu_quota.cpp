#include "experiments/harness/cpu_quota.h"

#include <algorithm>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "experiments/harness/text_file.h"

namespace etude::harness {
namespace {

namespace fs = std::filesystem;

enum class Version { one, two };

struct Mount {
  Version version;
  std::string root;   // the group that is mounted
  std::string point;  // where
};

std::string text_of(const fs::path& path) { return read_text_file(path).value_or(""); }

bool lists(std::string_view commas, std::string_view word) {
  for (std::size_t begin = 0; begin <= commas.size();) {
    const std::size_t end = std::min(commas.find(',', begin), commas.size());
    if (commas.substr(begin, end - begin) == word) return true;
    begin = end + 1;
  }
  return false;
}

// "31 23 0:28 / /sys/fs/cgroup/cpu rw,relatime - cgroup cgroup rw,cpu": the hierarchies that may
// hold a CPU quota.
std::vector<Mount> cpu_mounts(const fs::path& root) {
  std::vector<Mount> mounts;
  std::istringstream lines(text_of(root / "proc/self/mountinfo"));
  for (std::string line; std::getline(lines, line);) {
    const std::size_t dash = line.find(" - ");
    if (dash == std::string::npos) continue;
    std::istringstream place(line.substr(0, dash));
    std::istringstream kind(line.substr(dash + 3));
    std::string id, parent, device, type, source, options;
    Mount mount{.version = Version::two, .root = {}, .point = {}};
    place >> id >> parent >> device >> mount.root >> mount.point;
    kind >> type >> source >> options;
    if (type == "cgroup" && lists(options, "cpu")) mount.version = Version::one;
    if (mount.version == Version::one || type == "cgroup2") mounts.push_back(mount);
  }
  return mounts;
}

// This process's group in such a hierarchy: of "3:cpu,cpuacct:/a/b" or "0::/a/b", "/a/b".
std::optional<std::string> group_in(Version version, const fs::path& root) {
  std::istringstream lines(text_of(root / "proc/self/cgroup"));
  for (std::string line; std::getline(lines, line);) {
    const std::size_t first = line.find(':');
    const std::size_t second = line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    const bool is_it = version == Version::two ? controllers.empty() : lists(controllers, "cpu");
    if (is_it) return line.substr(second + 1);
  }
  return std::nullopt;
}

// "50000 100000", or the same from two files; "max" and -1 are no quota.
std::optional<double> cores_of(const fs::path& group, Version version) {
  std::istringstream text(version == Version::two ? text_of(group / "cpu.max")
                                                  : text_of(group / "cpu.cfs_quota_us") + ' ' +
                                                        text_of(group / "cpu.cfs_period_us"));
  double quota_us = 0;
  double period_us = 0;
  if (!(text >> quota_us >> period_us) || quota_us <= 0 || period_us <= 0) return std::nullopt;
  return quota_us / period_us;
}

std::optional<std::int64_t> throttled_count_of(const fs::path& group) {
  std::istringstream words(text_of(group / "cpu.stat"));
  std::string key;
  for (std::int64_t value = 0; words >> key >> value;) {
    if (key == "nr_throttled") return value;
  }
  return std::nullopt;
}

void add_group(const fs::path& group, Version version, CpuQuota& quota) {
  if (const auto cores = cores_of(group, version)) {
    quota.cores = std::min(quota.cores.value_or(*cores), *cores);
  }
  if (const auto count = throttled_count_of(group)) {
    quota.throttled_count = quota.throttled_count.value_or(0) + *count;
  }
}

}  // namespace

CpuQuota read_cpu_quota(const fs::path& root) {
  CpuQuota quota;
  for (const Mount& mount : cpu_mounts(root)) {
    std::optional<std::string> group = group_in(mount.version, root);
    if (!group) continue;
    if (mount.root != "/" && group->starts_with(mount.root)) group->erase(0, mount.root.size());
    const fs::path top = root / fs::path(mount.point).relative_path();
    const fs::path below = fs::path(*group).relative_path();
    fs::path at = top;
    add_group(at, mount.version, quota);
    for (const fs::path& step : below) {
      at /= step;
      add_group(at, mount.version, quota);
    }
  }
  return quota;
}

}  // namespace etude::harness
