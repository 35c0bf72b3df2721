// SPDX-License-Identifier: Apache-2.0
#include "runtime/overflow_report.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "process/process.hpp"

namespace foundation::rt {

bool report_overflow(void* fault_address) noexcept {
  sched::scheduler* s = sched::scheduler::current();
  if (s == nullptr) return false;
  const auto stack = s->group().stacks().find_guard(fault_address);
  if (!stack) return false;
  auto* p = static_cast<proc::control_block*>(s->running());
  if (p == nullptr) return false;
  using access = detail::pid_access;
  char line[512];
  const std::string_view label = p->label_text();
  const pid id = p->self_pid();
  // format_to_n into a buffer of our own allocates nothing for integers and text.
  const auto end = fmt::format_to_n(line, sizeof line,
                                    "foundation: stack overflow: process <{}.{}.{}> \"{}\" ran over its stack of {} bytes\n",
                                    access::node(id), access::slot(id), access::generation(id), label, stack->size);
  const auto written = ::write(STDERR_FILENO, line, std::min(end.size, sizeof line));
  static_cast<void>(written);
  return true;
}

}  // namespace foundation::rt
