// SPDX-License-Identifier: Apache-2.0
#include "base/assert.hpp"

#include <unistd.h>

#include <cstdlib>
#include <cstring>

namespace foundation::base {

namespace {

void write_text(const char* text) noexcept {
  const auto written = ::write(STDERR_FILENO, text, std::strlen(text));
  static_cast<void>(written);  // nowhere left to report to
}

void write_number(int value) noexcept {
  char digits[12];
  char* at = digits + sizeof digits - 1;
  *at = '\0';
  do {
    *--at = static_cast<char>('0' + value % 10);
    value /= 10;
  } while (value > 0);
  write_text(at);
}

}  // namespace

void fail(const char* file, int line, const char* fact, const char* why) noexcept {
  write_text("foundation: ");
  write_text(file);
  write_text(":");
  write_number(line);
  write_text(": ");
  write_text(fact);
  write_text(" (");
  write_text(why);
  write_text(")\n");
  std::abort();
}

}  // namespace foundation::base
