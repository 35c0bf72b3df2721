// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <foundation/runtime.hpp>

#include "process/process.hpp"
#include "process/runtime_access.hpp"

namespace foundation::testing {

/// Whether the process sleeps, between two turns or in a wait of the library's, and has looked at all that has arrived.
inline bool is_asleep(const fn::runtime& rt, fn::pid p) {
  proc::process_space& space = *fn::detail::runtime_access::space(rt);
  const sched::epoch_guard guard(proc::process_space::epochs());
  const proc::control_block* const found = space.table().find(p);
  return found != nullptr && (found->outer().is_idle() || found->outer().is_waiting());
}

/// Whether no scheduler runs it, for whatever cause.
inline bool is_off_the_schedulers(const fn::runtime& rt, fn::pid p) {
  proc::process_space& space = *fn::detail::runtime_access::space(rt);
  const sched::epoch_guard guard(proc::process_space::epochs());
  const proc::control_block* const found = space.table().find(p);
  for (unsigned i = 0; i != space.group().size(); ++i) {
    if (space.group().at(i).running() == found) return false;
  }
  return true;
}

/// Whether nothing goes on: every process sleeps and none has anything left to look at. To be asked by a plain thread that
/// is the only one to send from outside.
inline bool is_settled(const fn::runtime& rt) {
  proc::process_space& space = *fn::detail::runtime_access::space(rt);
  const auto slices = [&] {
    std::uint64_t sum = 0;
    for (const auto& counted : rt.counters()) sum += counted.slices;
    return sum;
  };
  const auto all_sleep = [&] {
    std::size_t sleeping = 0;
    space.table().for_each(proc::process_space::epochs(), [&](const proc::control_block& p) {
      if (p.outer().is_idle() || p.outer().is_waiting()) ++sleeping;
    });
    return sleeping == space.table().size();
  };
  // A look misses one that is woken, behind its back, by one that it comes to later. Whoever is woken gets a slice, or
  // hands on no more than the answer to an unlink and what that leads to: so many looks see one of them awake.
  const std::uint64_t before = slices();
  for (int look = 0; look != 5; ++look) {
    if (!all_sleep()) return false;
  }
  return slices() == before;
}

}  // namespace foundation::testing
