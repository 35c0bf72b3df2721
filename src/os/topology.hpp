// SPDX-License-Identifier: Apache-2.0
#pragma once

/// How many processors this program may really use.
///
///   affinity    the threads' CPU mask (taskset, cpuset)
///   quota       cgroup v2 `cpu.max` or v1 `cpu.cfs_quota_us` / `cpu.cfs_period_us`, the smallest on the way from the
///               program's own cgroup up to the mount's root, since each level limits all below it
///
/// A container given 1.5 CPUs on a machine of 64 has 64 in its mask: a scheduler for each would spend its quota in the
/// first milliseconds of every period and then stand still, all of them at once.
namespace foundation::os {

/// The smaller of affinity and quota (rounded up), at least 1. @any_thread reads files: call it at start-up
[[nodiscard]] unsigned usable_cpus() noexcept;

/// CPUs in the calling thread's affinity mask, at least 1.
[[nodiscard]] unsigned affinity_cpus() noexcept;

/// The cgroup quota in CPUs, rounded up, or 0 when there is none.
///
/// `root` is put before every path that is read (`/proc/self/cgroup`, `/proc/self/mountinfo` and the cgroup file
/// systems named there); empty for the live system, a directory with a recorded tree in tests.
[[nodiscard]] unsigned cgroup_cpu_limit(const char* root) noexcept;

}  // namespace foundation::os
