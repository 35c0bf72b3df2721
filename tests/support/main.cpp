// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <cstdio>
#include <cstdlib>

#include "support/watchdog.hpp"

/// GoogleTest's main, with the watchdog, and with one rule more: a run of no test is a failure (a shard of few may be
/// empty).
int main(int argc, char** argv) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");  // the watchdog is a thread, so a plain fork would be none
  ::testing::InitGoogleMock(&argc, argv);
  foundation::testing::install_watchdog();
  const int status = RUN_ALL_TESTS();
  if (GTEST_FLAG_GET(list_tests)) return status;
  if (::testing::UnitTest::GetInstance()->test_to_run_count() == 0 && std::getenv("GTEST_TOTAL_SHARDS") == nullptr) {
    std::fprintf(stderr, "no test matches the filter\n");
    return EXIT_FAILURE;
  }
  return status;
}
