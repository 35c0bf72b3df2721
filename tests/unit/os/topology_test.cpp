// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "os/os.hpp"
#include "support/one_cpu.hpp"

namespace foundation::os {
namespace {

/// A recorded tree of files in a directory of its own.
class Topology : public ::testing::Test {
 protected:
  Topology() {
    std::string pattern = ::testing::TempDir() + "topologyXXXXXX";
    root_ = ::mkdtemp(pattern.data());
  }
  ~Topology() override { std::filesystem::remove_all(root_); }

  void file(const std::string& path, const std::string& text) {
    std::filesystem::create_directories(std::filesystem::path(root_ + path).parent_path());
    std::ofstream(root_ + path) << text << '\n';
  }
  void v2(const std::string& own, const std::string& mounted_root = "/") {
    file("/proc/self/cgroup", "0::" + own);
    file("/proc/self/mountinfo", "21 20 0:19 / /proc rw,nosuid - proc proc rw\n30 20 0:26 " + mounted_root +
                                     " /sys/fs/cgroup rw,relatime shared:4 - cgroup2 cgroup2 rw,nsdelegate");
  }
  void v1(const std::string& own, const std::string& mounted_root = "/") {
    file("/proc/self/cgroup", "5:memory:/elsewhere\n4:cpuset:/x\n3:cpu,cpuacct:" + own + "\n0::/");
    file("/proc/self/mountinfo", "33 30 0:29 / /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset\n34 30 0:30 " +
                                     mounted_root +
                                     " /sys/fs/cgroup/cpu,cpuacct rw,nosuid master:15 - cgroup cgroup rw,cpu,cpuacct");
  }
  [[nodiscard]] unsigned limit() const { return cgroup_cpu_limit(root_.c_str()); }

  std::string root_;
};

TEST_F(Topology, there_is_no_limit_where_there_are_no_cgroups) { EXPECT_EQ(limit(), 0u); }

TEST_F(Topology, the_quota_is_rounded_up) {
  v2("/app");
  file("/sys/fs/cgroup/app/cpu.max", "150000 100000");
  EXPECT_EQ(limit(), 2u);
}

TEST_F(Topology, less_than_one_cpu_is_one) {
  v2("/app");
  file("/sys/fs/cgroup/app/cpu.max", "20000 100000");
  EXPECT_EQ(limit(), 1u);
}

TEST_F(Topology, max_is_no_limit) {
  v2("/app");
  file("/sys/fs/cgroup/app/cpu.max", "max 100000");
  EXPECT_EQ(limit(), 0u);
}

TEST_F(Topology, the_smallest_limit_on_the_way_up_counts) {
  v2("/slice/pod/app");
  file("/sys/fs/cgroup/slice/pod/app/cpu.max", "800000 100000");
  file("/sys/fs/cgroup/slice/pod/cpu.max", "300000 100000");
  file("/sys/fs/cgroup/slice/cpu.max", "max 100000");
  file("/sys/fs/cgroup/slice/other/cpu.max", "100000 100000");
  EXPECT_EQ(limit(), 3u);
}

TEST_F(Topology, a_container_sees_its_own_cgroup_as_the_root) {
  v2("/");
  file("/sys/fs/cgroup/cpu.max", "400000 100000");
  EXPECT_EQ(limit(), 4u);
}

TEST_F(Topology, a_path_outside_of_the_namespace_means_the_mounted_root) {
  v2("/../../other");
  file("/sys/fs/cgroup/cpu.max", "400000 100000");
  EXPECT_EQ(limit(), 4u);
}

TEST_F(Topology, version_one_has_quota_and_period_in_two_files) {
  v1("/docker/abc");
  file("/sys/fs/cgroup/cpu,cpuacct/docker/abc/cpu.cfs_quota_us", "250000");
  file("/sys/fs/cgroup/cpu,cpuacct/docker/abc/cpu.cfs_period_us", "100000");
  EXPECT_EQ(limit(), 3u);
}

TEST_F(Topology, in_version_one_minus_one_is_no_limit) {
  v1("/docker/abc");
  file("/sys/fs/cgroup/cpu,cpuacct/docker/abc/cpu.cfs_quota_us", "-1");
  file("/sys/fs/cgroup/cpu,cpuacct/docker/abc/cpu.cfs_period_us", "100000");
  EXPECT_EQ(limit(), 0u);
}

TEST_F(Topology, a_mounted_subdirectory_is_taken_off_the_path) {
  v1("/docker/abc/inner", "/docker/abc");
  file("/sys/fs/cgroup/cpu,cpuacct/inner/cpu.cfs_quota_us", "700000");
  file("/sys/fs/cgroup/cpu,cpuacct/inner/cpu.cfs_period_us", "100000");
  file("/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "200000");
  file("/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us", "100000");
  EXPECT_EQ(limit(), 2u);
}

TEST_F(Topology, garbage_is_no_limit) {
  v2("/app");
  file("/sys/fs/cgroup/app/cpu.max", "what is this");
  EXPECT_EQ(limit(), 0u);
  file("/proc/self/mountinfo", "a - b\n - \n\n1 2 3 - cgroup2 x y\n");
  file("/proc/self/cgroup", "::::\n\nnothing");
  EXPECT_EQ(limit(), 0u);
}

TEST_F(Topology, the_live_system_has_a_usable_cpu) {
  EXPECT_GE(usable_cpus(), 1u);
  EXPECT_LE(usable_cpus(), affinity_cpus());
}

TEST_F(Topology, a_thread_with_one_cpu_in_its_mask_may_use_one_and_the_others_what_they_could) {
  const unsigned before = affinity_cpus();
  testing::on_one_cpu([] {
    EXPECT_EQ(affinity_cpus(), 1u);
    EXPECT_EQ(usable_cpus(), 1u);
  });
  EXPECT_EQ(affinity_cpus(), before);
}

}  // namespace
}  // namespace foundation::os
