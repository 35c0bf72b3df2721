// SPDX-License-Identifier: Apache-2.0
#include "runtime/overflow_report.hpp"

#include "process/process.hpp"

namespace foundation::rt {

bool report_overflow(void* fault_address) noexcept {
  sched::scheduler* s = sched::scheduler::current();
  if (s == nullptr) return false;
  const auto stack = s->group().stacks().find_guard(fault_address);
  if (!stack) return false;
  auto* p = static_cast<proc::control_block*>(s->running());
  if (p == nullptr) return false;
  proc::report_overflow(*p, stack->size);
  return true;
}

}  // namespace foundation::rt
