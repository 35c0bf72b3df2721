// SPDX-License-Identifier: Apache-2.0
#include "report.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <string>

namespace word_count {

namespace {

/// 1234567 as "1,234,567".
std::string grouped(std::uint64_t number) {
  std::string digits = std::to_string(number);
  for (std::size_t at = digits.size(); at > 3;) digits.insert(at -= 3, 1, ',');
  return digits;
}

double megabytes(std::uint64_t bytes) { return static_cast<double>(bytes) / 1e6; }

}  // namespace

progress_line::progress_line() : shown_(::isatty(STDOUT_FILENO) == 1) {}

void progress_line::draw(const totals& so_far, std::size_t in_flight) const {
  if (!shown_) return;
  fmt::print("\r\033[K{} files, {:.1f} MB, {} in flight", grouped(so_far.files), megabytes(so_far.bytes), in_flight);
  std::fflush(stdout);
}

void progress_line::clear() const {
  if (!shown_) return;
  fmt::print("\r\033[K");
  std::fflush(stdout);
}

void report_skipped(const skipped& what) { fmt::print(stderr, "word_count: {}: {}\n", what.path, what.reason); }

void print_report(const totals& all, const std::vector<fn::scheduler_counters>& schedulers) {
  for (const word_and_times& w : all.top) fmt::print("{:>14}  {}\n", grouped(w.times), w.word);

  const double seconds = all.seconds > 0 ? all.seconds : 1e-9;
  fmt::print("\n{} files, {:.1f} MB, {} words, {} different; {} skipped\n", grouped(all.files), megabytes(all.bytes),
             grouped(all.words), grouped(all.different), grouped(all.skipped));
  fmt::print("{:.2f} s, {:.1f} MB/s; {} messages, {} messages/s\n", all.seconds, megabytes(all.bytes) / seconds,
             grouped(all.messages), grouped(static_cast<std::uint64_t>(static_cast<double>(all.messages) / seconds)));

  std::uint64_t slices = 0;
  for (const auto& s : schedulers) slices += s.slices;
  for (std::size_t i = 0; i < schedulers.size(); ++i) {
    const double share =
        slices == 0 ? 0 : 100.0 * static_cast<double>(schedulers[i].slices) / static_cast<double>(slices);
    fmt::print("scheduler {}: {:.0f} % of {} slices, {} steals\n", i, share, grouped(slices),
               grouped(schedulers[i].steals));
  }
}

}  // namespace word_count
