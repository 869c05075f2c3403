// Goal: what shifts a ratio behind a run's back is seen: a CPU quota, hyperthreads, governors.
// Method: trees of files as the kernel would show them, below a directory of the test's own.

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "experiments/harness/core_settings.h"
#include "experiments/harness/cpu_quota.h"
#include "experiments/harness/outcome.h"

namespace etude::harness {
namespace {

namespace fs = std::filesystem;

class FakeRoot : public testing::Test {
 protected:
  FakeRoot() {
    std::string name = (fs::temp_directory_path() / "etude-root-XXXXXX").string();
    if (mkdtemp(name.data()) != nullptr) root_ = name;
  }
  ~FakeRoot() override {
    if (!root_.empty()) fs::remove_all(root_);
  }

  void SetUp() override { ASSERT_FALSE(root_.empty()); }

  void write(const std::string& path, const std::string& text) const {
    fs::create_directories((root_ / path).parent_path());
    std::ofstream(root_ / path) << text;
  }

  void hyperthreads(const std::string& core, const std::string& list) const {
    write("sys/devices/system/cpu/cpu" + core + "/topology/thread_siblings_list", list + "\n");
  }

  fs::path root_;
};

TEST_F(FakeRoot, ShowsNoQuotaWhereNoneCanBeRead) {
  const CpuQuota quota = read_cpu_quota(root_);
  EXPECT_FALSE(quota.cores.has_value());
  EXPECT_FALSE(quota.throttled_count.has_value());
}

TEST_F(FakeRoot, ShowsTheTightestQuotaOfAGroupAndThoseAboveIt) {
  write("proc/self/mountinfo", "30 23 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw,nsdelegate\n");
  write("proc/self/cgroup", "0::/slice/scope\n");
  write("sys/fs/cgroup/cpu.stat", "usage_usec 5\n");  // the topmost group has no quota
  write("sys/fs/cgroup/slice/cpu.max", "150000 100000\n");
  write("sys/fs/cgroup/slice/cpu.stat", "usage_usec 5\nnr_periods 9\nnr_throttled 4\n");
  write("sys/fs/cgroup/slice/scope/cpu.max", "max 100000\n");
  write("sys/fs/cgroup/slice/scope/cpu.stat", "nr_periods 9\nnr_throttled 3\n");
  const CpuQuota quota = read_cpu_quota(root_);
  EXPECT_DOUBLE_EQ(quota.cores.value_or(0), 1.5);
  EXPECT_EQ(quota.throttled_count, 7);
}

TEST_F(FakeRoot, ReadsQuotasOfTheFirstVersionToo) {
  write("proc/self/mountinfo",
        "33 31 0:30 / /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset\n"
        "34 31 0:31 /docker/x /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n");
  write("proc/self/cgroup", "5:cpuset:/\n4:cpu,cpuacct:/docker/x/inner\n");
  const std::string group = "sys/fs/cgroup/cpu,cpuacct/inner/";
  write(group + "cpu.cfs_quota_us", "50000\n");
  write(group + "cpu.cfs_period_us", "100000\n");
  write(group + "cpu.stat", "nr_periods 20\nnr_throttled 11\nthrottled_time 5\n");
  write("sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "-1\n");
  write("sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us", "100000\n");
  const CpuQuota quota = read_cpu_quota(root_);
  EXPECT_DOUBLE_EQ(quota.cores.value_or(0), 0.5);
  EXPECT_EQ(quota.throttled_count, 11);
}

TEST(ThrottlingOfATrial, IsTheDifferenceOfItsReadings) {
  Reading start;
  Reading end;
  TrialRecord unknown;
  fill_from_readings(start, end, std::nullopt, unknown);
  EXPECT_FALSE(unknown.trial.cpu_quota_throttled.has_value());

  start.machine.throttled_count = 40;
  end.machine.throttled_count = 40;
  TrialRecord free;
  fill_from_readings(start, end, std::nullopt, free);
  EXPECT_EQ(free.trial.cpu_quota_throttled, 0);
  EXPECT_EQ(free.trial.reasons, "");

  end.machine.throttled_count = 52;
  TrialRecord stopped;
  fill_from_readings(start, end, std::nullopt, stopped);
  EXPECT_EQ(stopped.trial.cpu_quota_throttled, 12);
  EXPECT_NE(stopped.trial.reasons.find("CPU quota stopped it 12 times"), std::string::npos);
}

TEST_F(FakeRoot, FindsAServerAndAClientOnOnePhysicalCore) {
  for (const char* core : {"0", "2"}) hyperthreads(core, "0,2");
  for (const char* core : {"1", "3"}) hyperthreads(core, "1,3");
  EXPECT_EQ(siblings_shared({.server = {0}, .client = {1}}, root_), false);
  EXPECT_EQ(siblings_shared({.server = {0}, .client = {2}}, root_), true);
  EXPECT_EQ(siblings_shared({.server = {0, 1}, .client = {3}}, root_), true);
  EXPECT_EQ(siblings_shared({.server = {0, 2}, .client = {1, 3}}, root_), false);
  hyperthreads("4", "4-5");
  EXPECT_EQ(siblings_shared({.server = {4}, .client = {5}}, root_), true);
}

TEST_F(FakeRoot, SaysNothingOfHyperthreadsWhereItDoesNotKnow) {
  hyperthreads("0", "0");
  EXPECT_FALSE(siblings_shared({.server = {0}, .client = {0}}, root_).has_value()) << "one core";
  EXPECT_FALSE(siblings_shared({.server = {0}, .client = {}}, root_).has_value()) << "elsewhere";
  EXPECT_FALSE(siblings_shared({.server = {7}, .client = {0}}, root_).has_value()) << "not shown";
}

TEST_F(FakeRoot, ShowsGovernorAndIdleStatesOfACore) {
  const std::string core = "sys/devices/system/cpu/cpu1/";
  write(core + "cpufreq/scaling_governor", "powersave\n");
  write(core + "cpuidle/state0/name", "POLL\n");
  write(core + "cpuidle/state0/latency", "0\n");
  write(core + "cpuidle/state1/name", "C6\n");
  write(core + "cpuidle/state1/latency", "133\n");
  write(core + "cpuidle/state1/disable", "1\n");
  const CoreSettings settings = core_settings(1, root_);
  EXPECT_EQ(settings.governor, "powersave");
  EXPECT_EQ(settings.hyperthreads, "unknown");
  ASSERT_EQ(settings.idle_states.size(), 2U);
  EXPECT_TRUE(settings.idle_states[0].enabled);
  EXPECT_EQ(settings.idle_states[1].name, "C6");
  EXPECT_EQ(settings.idle_states[1].exit_latency_ns, 133'000);
  EXPECT_FALSE(settings.idle_states[1].enabled);
  EXPECT_TRUE(core_settings(9, root_).idle_states.empty());
}

}  // namespace
}  // namespace etude::harness
