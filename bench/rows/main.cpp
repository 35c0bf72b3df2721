// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <string_view>
#include <vector>

#include "rows.hpp"

namespace {

const std::vector<bench::row> rows = {
    {"server_hop", {"hops"}, ours::server_hop},
    {"process_hop", {"hops"}, ours::process_hop},
    {"flood", {"messages"}, ours::flood},
    {"flood_bounded", {"messages", "window"}, ours::flood_bounded},
    {"fan_in", {"senders", "messages"}, ours::fan_in},
    {"ring", {"processes", "hops"}, ours::ring},
    {"spawn_exit", {"lives", "at_once"}, ours::spawn_exit},
    {"skynet", {"leaves"}, ours::skynet},
    {"idle_server", {"processes"}, ours::idle_server},
    {"idle_process", {"processes"}, ours::idle_process},
    {"idle_cpu", {"processes", "seconds"}, ours::idle_cpu},
    {"timer", {"timers"}, ours::timer},
    {"down_storm", {"processes"}, ours::down_storm},
    {"request", {"requests"}, ours::request},
};

// What a build is for: only one for speed may be measured.
#if defined(FOUNDATION_HOSTILE) || defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || !defined(NDEBUG) || \
    !defined(__OPTIMIZE__)
constexpr std::string_view build = "debug";
#else
constexpr std::string_view build = "release";
#endif

}  // namespace

int main(int argc, char** argv) {
#ifdef __clang__
  const std::string compiler = "Clang " __clang_version__;
#else
  const std::string compiler = "GCC " __VERSION__;
#endif
  const auto number = [](int part) { return std::to_string(part); };
  const std::string version = "foundation " + number(FOUNDATION_VERSION_MAJOR) + "." + number(FOUNDATION_VERSION_MINOR) + "." +
                              number(FOUNDATION_VERSION_PATCH) + " (" + std::string(build) + "), " + compiler;
  return bench::run(argc, argv, version, rows);
}
