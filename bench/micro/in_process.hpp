// SPDX-License-Identifier: Apache-2.0
//
// A benchmark's loop in a process: an arena is that of a process, and takes its chunks from what a scheduler keeps.
#pragma once

#include <benchmark/benchmark.h>

#include <future>

#include <foundation/foundation.hpp>

namespace bench {

/// Runs `loop(state, self)`. Begun and ended by the same scheduler's thread, so that its CPU time is that of the loop.
template <typename Loop>
void in_process(benchmark::State& state, Loop loop) {
  namespace fn = foundation;
  fn::runtime rt({.schedulers = 1});
  std::promise<void> done;
  fn::spawn(rt, [&](fn::process& self) {
    loop(state, self);
    done.set_value();
  }).value();
  done.get_future().wait();
}

}  // namespace bench
