// SPDX-License-Identifier: Apache-2.0
#include "process/overflow.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "process/control_block.hpp"

namespace foundation::proc {

void report_overflow(const control_block& p, std::size_t size) noexcept {
  using access = detail::pid_access;
  char line[512];
  const pid id = p.self_pid();
  // format_to_n into a buffer of our own allocates nothing for integers and text.
  const auto end = fmt::format_to_n(
      line, sizeof line, "foundation: stack overflow: process <{}.{}.{}> \"{}\" ran over its stack of {} bytes\n",
      access::node(id), access::slot(id), access::generation(id), p.label_text(), size);
  const auto written = ::write(STDERR_FILENO, line, std::min(end.size, sizeof line));
  static_cast<void>(written);
}

}  // namespace foundation::proc
