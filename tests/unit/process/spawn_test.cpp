// SPDX-License-Identifier: Apache-2.0
//
// The body of a new process: constructed by whoever spawns it, before there is a process.
#include <gmock/gmock.h>

#include <thread>
#include <utility>
#include <vector>

#include "support/runtime_fixture.hpp"

namespace foundation::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// What a constructor of a body saw.
struct construction {
  bool copied;
  std::thread::id thread;
  fn::process* process;
  std::vector<fn::pid> alive;
  std::size_t count;
};

/// Whose copies and moves are noted.
class noted {
 public:
  noted(const fn::runtime& rt, std::vector<construction>& seen) : rt_(&rt), seen_(&seen) {}
  noted(const noted& other) : rt_(other.rt_), seen_(other.seen_) { note(true); }
  noted(noted&& other) noexcept : rt_(other.rt_), seen_(other.seen_) { note(false); }
  noted& operator=(const noted&) = delete;

 private:
  void note(bool copied) {
    seen_->push_back(
        {copied, std::this_thread::get_id(), fn::current_process(), fn::processes(*rt_), rt_->process_count()});
  }

  const fn::runtime* rt_;
  std::vector<construction>* seen_;
};

struct function : noted {
  using noted::noted;
  void operator()(fn::process& self) const { static_cast<void>(self.sleep(fn::infinity)); }
};

struct handler : noted {
  using noted::noted;
  using messages = fn::messages<int>;
  void handle(fn::process&, int) {}
};

class Spawn : public RuntimeTest {
 protected:
  void SetUp() override { start(); }

  /// Ends the only process there is. @returns what its body's constructor saw, which must have been run once
  construction end(fn::pid p) {
    EXPECT_THAT(fn::processes(rt()), ElementsAre(p));
    fn::exit(p, fn::exit_reason::kill);
    wait_until([&] { return rt().process_count() == 0; });
    EXPECT_EQ(seen.size(), 1u);
    return std::exchange(seen, {}).at(0);
  }

  void expect_here_before_the_process(const construction& c) {
    EXPECT_EQ(c.thread, std::this_thread::get_id());
    EXPECT_EQ(c.process, nullptr);
    EXPECT_THAT(c.alive, IsEmpty());
    EXPECT_EQ(c.count, 0u);
  }

  std::vector<construction> seen;
};

TEST_F(Spawn, copies_an_lvalue_on_the_calling_thread_before_the_process_exists) {
  const function f(rt(), seen);
  const handler h(rt(), seen);
  for (const construction& c : {end(fn::spawn(rt(), f).value()), end(fn::spawn(rt(), h).value())}) {
    EXPECT_TRUE(c.copied);
    expect_here_before_the_process(c);
  }
}

TEST_F(Spawn, moves_an_rvalue_on_the_calling_thread_before_the_process_exists) {
  function f(rt(), seen);
  handler h(rt(), seen);
  for (const construction& c :
       {end(fn::spawn(rt(), std::move(f)).value()), end(fn::spawn(rt(), std::move(h)).value())}) {
    EXPECT_FALSE(c.copied);
    expect_here_before_the_process(c);
  }
}

TEST_F(Spawn, by_a_process_constructs_the_body_in_it_before_the_other_exists) {
  const fn::process* parent = nullptr;
  const function body(rt(), seen);
  const auto end_child = [&](fn::process& self, fn::pid child) {
    fn::exit(child, fn::exit_reason::kill);
    while (rt().process_count() != 1) static_cast<void>(self.sleep(0s));
  };
  const fn::pid p = fn::spawn(rt(), [&](fn::process& self) {
                      parent = &self;
                      static_cast<void>(self.trap_exit(true));
                      end_child(self, fn::spawn(self, body).value());
                      end_child(self, fn::spawn_link(self, body).value());
                      end_child(self, fn::spawn_monitor(self, body).value().id);
                    }).value();
  wait_dead(p);
  ASSERT_EQ(seen.size(), 3u);
  for (const construction& c : seen) {
    EXPECT_EQ(c.process, parent);
    EXPECT_THAT(c.alive, ElementsAre(p));
    EXPECT_EQ(c.count, 1u);
  }
}

}  // namespace
}  // namespace foundation::testing
