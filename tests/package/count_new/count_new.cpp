// SPDX-License-Identifier: Apache-2.0
// With foundation::count_new linked a plain container counts for its process, and may take it beyond its limit.
#include <foundation/foundation.hpp>

#include <cstdio>
#include <numeric>
#include <vector>

namespace fn = foundation;

int main() {
  fn::runtime rt;
  std::size_t heap = 0;
  const fn::pid watched = fn::spawn(rt, [&](fn::process& self) {
                            const std::vector<int> numbers(1'000'000, 1);
                            heap = std::accumulate(numbers.begin(), numbers.end(), 0) == 1'000'000 ? self.memory().heap : 0;
                          }).value();
  fn::wait_gone(watched).value();
  bool went_on = false;
  const fn::pid limited = fn::spawn(rt, [&](fn::process& self) {
                            const std::vector<int> numbers(1'000'000, 1);
                            self.checkpoint();
                            went_on = numbers.size() == 1'000'000;
                          }, {.max_memory = 1'000'000}).value();
  fn::wait_gone(limited).value();
  if (heap >= 4'000'000 && !went_on) return 0;
  std::fprintf(stderr, "count_new: heap %zu, went on beyond its limit: %d\n", heap, went_on);
  return 1;
}
