// SPDX-License-Identifier: Apache-2.0
//
// The handshake that decides whether a process is given up: its thread comes and goes, the monitor tries to take it.
// What both touch is plain, so a race is an error of the protocol.
#include <gtest/gtest.h>

#include <vector>

#include "process/life.hpp"
#include "support/scale.hpp"

namespace foundation::proc {
namespace {

struct subject {
  life handshake;
  long plain = 0;  // in the library: the process's; between try_take and release: the monitor's
  bool taken = false;
  sync::atomic<bool> done{false};
};

/// The process: `visits` times user code, for a while, and then the library.
bool come_and_go(subject& s, int visits, unsigned pause) {
  for (int i = 0; i != visits; ++i) {
    s.plain += 1;
    s.handshake.enter_user();
    for (unsigned p = 0; p != pause; ++p) os::relax();
    const bool abandoned = s.handshake.enter_library();
    s.plain += 1;
    if (abandoned) return true;
  }
  return false;
}

TEST(life_stress, process_and_monitor_never_own_it_at_once) {
  const std::size_t rounds = testing::scaled(20'000, 200);
  std::size_t taken = 0;
  std::vector<subject> subjects(rounds);
  sync::atomic<std::size_t> current{0};
  sync::thread monitor([&] {
    for (std::size_t i = 0; i != rounds; ++i) {
      subject& s = subjects[i];
      while (current.load(sync::memory_order_acquire) < i) os::relax();
      while (!s.done.load(sync::memory_order_acquire)) {
        if (!s.handshake.try_take()) continue;
        s.plain += 1'000'000;
        s.taken = true;
        s.handshake.release();
        break;
      }
    }
  });
  for (std::size_t i = 0; i != rounds; ++i) {
    subject& s = subjects[i];
    current.store(i, sync::memory_order_release);
    const int visits = 1 + static_cast<int>(i % 64);
    const bool abandoned = come_and_go(s, visits, static_cast<unsigned>(i % 7));
    s.done.store(true, sync::memory_order_release);
    ASSERT_EQ(abandoned, s.handshake.abandoned());
    if (abandoned) ++taken;
    // Once given up it is its own again, and is told so each time.
    if (abandoned) {
      s.handshake.enter_user();
      ASSERT_TRUE(s.handshake.enter_library());
    }
    s.plain += 1;
  }
  monitor.join();
  for (const subject& s : subjects) ASSERT_EQ(s.plain >= 1'000'000, s.taken);
  RecordProperty("taken", static_cast<int>(taken));
}

}  // namespace
}  // namespace foundation::proc
