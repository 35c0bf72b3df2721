// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>
#include <pthread.h>
#include <sched.h>

#include <thread>

namespace foundation::testing {

/// Runs `body` to its end on a thread that may use one CPU only, as whatever it starts.
template <typename Body>
void on_one_cpu(Body&& body) {
  std::thread([&] {
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(::sched_getcpu(), &one);  // one of those the thread may use
    ASSERT_EQ(::pthread_setaffinity_np(::pthread_self(), sizeof one, &one), 0);
    body();
  }).join();
}

}  // namespace foundation::testing
