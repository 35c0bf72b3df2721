// SPDX-License-Identifier: Apache-2.0
// What each consumer project builds: a process in a runtime, a message to it, and an answer by exit status.
#include <foundation/foundation.hpp>

#include <chrono>
#include <cstdio>
#include <future>

namespace fn = foundation;

int main() {
  auto rt = fn::runtime::create({});
  if (!rt) return 1;

  std::promise<int> answer;
  auto pid = fn::spawn(rt.value(), [&answer](fn::process& self) {
    self.receive([&answer](int question) { answer.set_value(question + 1); });
  });
  if (!pid) return 2;
  fn::send(pid.value(), 41);

  auto future = answer.get_future();
  if (future.wait_for(std::chrono::seconds{10}) != std::future_status::ready) return 3;
  const int given = future.get();
  std::printf("answer: %d\n", given);
  return given == 42 ? 0 : 4;
}
