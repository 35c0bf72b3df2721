// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <foundation/foundation.hpp>

#include "messages.hpp"

namespace word_count {

/// What a run found out.
struct totals {
  std::uint64_t files = 0;
  std::uint64_t skipped = 0;
  std::uint64_t bytes = 0;
  std::uint64_t words = 0;
  std::uint64_t different = 0;
  std::uint64_t messages = 0;
  double seconds = 0;
  std::vector<word_and_times> top;
};

/// The line that is redrawn while the program works, if the standard output is a terminal; else nothing at all.
class progress_line {
 public:
  progress_line();

  [[nodiscard]] bool is_shown() const noexcept { return shown_; }
  void draw(const totals& so_far, std::size_t in_flight) const;
  void clear() const;

 private:
  bool shown_;
};

/// One line on the standard error stream.
void report_skipped(const skipped& what);

/// The answer, on the standard output.
void print_report(const totals& all, const std::vector<fn::scheduler_counters>& schedulers);

}  // namespace word_count
