// SPDX-License-Identifier: Apache-2.0
#include <atomic>
#include <cstdio>
#include <vector>

#include "process/process.hpp"
#include "support/resident.hpp"
#include "support/runtime_fixture.hpp"

namespace foundation::testing {
namespace {

// With a small body it fits a block of 384 bytes, which is what the allocator gives for a little less too.
static_assert(sizeof(proc::control_block) <= 368, "each idle process costs this");

struct go {};

class server {
 public:
  using messages = fn::messages<go>;
  explicit server(std::atomic<std::size_t>& got) : got_(&got) {}
  void handle(fn::process& self, go) {
    got_->fetch_add(1);
    self.exit(fn::exit_reason::normal);
  }

 private:
  std::atomic<std::size_t>* got_;
};

class IdleMillion : public RuntimeTest {};

TEST_F(IdleMillion, handlers_are_there_at_once_and_cost_no_stack_and_each_gets_its_message_and_ends) {
  start({.schedulers = 2});
  const std::size_t count = os::building_with_asan || os::building_with_tsan ? 20'000 : scaled(1'000'000, 20'000);
  std::atomic<std::size_t> got{0};
  std::vector<fn::pid> all(count);
  const std::size_t before = resident();
  for (fn::pid& p : all) p = fn::spawn(rt(), server(got)).value();
  EXPECT_EQ(rt().process_count(), count);
  const std::size_t each = (resident() - before) / count;
  std::printf("%zu idle handlers: %zu bytes each, of which %zu are the control block\n", count, each,
              sizeof(proc::control_block));
  RecordProperty("bytes_each", std::to_string(each));
  if (memory_is_as_users_have_it && count >= 100'000) {
    EXPECT_LE(each, 420u) << "the control block, the handler, a place in the table; the goal is 400";
  }
  for (const fn::pid p : all) fn::send(p, go{});
  wait_until([&] { return rt().process_count() == 0; });
  EXPECT_EQ(got, count);
}

}  // namespace
}  // namespace foundation::testing
