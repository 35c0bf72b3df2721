// SPDX-License-Identifier: Apache-2.0
//
// Given up in every place where user code runs: waits of Boost's, noexcept functions, destructors, a handler's turn.
#include <boost/fiber/mutex.hpp>
#include <memory>
#include <mutex>
#include <sstream>
#include <utility>

#include "unit/process/death_fixture.hpp"

namespace foundation::testing {
namespace {

class AbandonPlaces : public AbandonTest {
 protected:
  /// Whether a process is parked in a wait of ours.
  bool shows_waiting() {
    std::ostringstream out;
    rt().dump(out);
    return out.str().find(" waiting") != std::string::npos;
  }
};

TEST_F(AbandonPlaces, one_that_is_stuck_in_a_wait_of_boosts) {
  start_impatient();
  boost::fibers::mutex mutex;
  std::atomic<bool> holds{false};
  const fn::pid holder = fn::spawn(rt(), [&](fn::process& self) {
                           const std::lock_guard lock(mutex);
                           holds = true;
                           self.receive([](int) {});
                         }).value();
  wait_until([&] { return holds.load(); });
  const fn::pid p = fn::spawn(rt(), [&](fn::process& self) {
                      const frame f(left);
                      inside = true;
                      const std::lock_guard lock(mutex);
                      static_cast<void>(self.checkpoint());
                      too_far = true;
                    }).value();
  wait_until([&] { return inside.load(); });
  kill(p);
  wait_abandoned(1);
  EXPECT_FALSE(fn::is_alive(p));
  fn::send(holder, 1);
  wait_abandoned(0);
  EXPECT_EQ(left, 1);
  EXPECT_FALSE(too_far);
  EXPECT_TRUE(mutex.try_lock());
  mutex.unlock();
}

TEST_F(AbandonPlaces, one_that_stays_below_a_noexcept_function_without_a_wait) {
  start_impatient();
  const fn::pid p = fn::spawn(rt(), [&](fn::process& self) {
                      const frame f(left);
                      [&]() noexcept {
                        inside = true;
                        foreign_code(come_back);
                      }();
                      static_cast<void>(self.checkpoint());
                      too_far = true;
                    }).value();
  wait_until([&] { return inside.load(); });
  kill(p);
  wait_abandoned(1);
  EXPECT_FALSE(fn::is_alive(p));
  EXPECT_EQ(left, 0) << "nobody has touched its frames";
  come_back = true;
  wait_abandoned(0);
  EXPECT_EQ(left, 1);
  EXPECT_FALSE(too_far);
}

/// Does not come back from its destructor until told.
struct stuck_destructor {
  std::atomic<bool>* inside;
  std::atomic<bool>* come_back;
  stuck_destructor(std::atomic<bool>& i, std::atomic<bool>& c) : inside(&i), come_back(&c) {}
  stuck_destructor(stuck_destructor&& other) noexcept
      : inside(std::exchange(other.inside, nullptr)), come_back(other.come_back) {}
  ~stuck_destructor() {
    if (inside == nullptr) return;
    *inside = true;
    DeathTest::foreign_code(*come_back);
  }
};

TEST_F(AbandonPlaces, one_that_is_stuck_in_the_destructor_of_a_capture) {
  start_impatient();
  const fn::pid p = fn::spawn(rt(), [guard = stuck_destructor(inside, come_back)](fn::process& self) {
                      static_cast<void>(self.sleep(24h));
                    }).value();
  kill(p);
  wait_until([&] { return inside.load(); });
  wait_abandoned(1);
  come_back = true;
  wait_abandoned(0);
}

TEST_F(AbandonPlaces, one_that_was_killed_asleep_and_is_stuck_on_its_way_out) {
  start_impatient();
  const fn::pid p = fn::spawn(rt(), [guard = stuck_destructor(inside, come_back)](fn::process& self) {
                      static_cast<void>(self.sleep(24h));
                    }).value();
  wait_until([&] { return shows_waiting(); });
  kill(p);
  wait_abandoned(1);
  come_back = true;
  wait_abandoned(0);
}

TEST_F(AbandonPlaces, one_that_a_link_ended_asleep_and_that_is_stuck_on_its_way_out) {
  start_impatient();
  const fn::pid p = fn::spawn(rt(), [guard = stuck_destructor(inside, come_back)](fn::process& self) {
                      static_cast<void>(self.sleep(24h));
                    }).value();
  wait_until([&] { return shows_waiting(); });
  fn::spawn(rt(), [p](fn::process& self) {
    self.link(p).value();
    self.exit(fn::exit_reason::user(1));
  }).value();
  wait_abandoned(1);
  come_back = true;
  wait_abandoned(0);
}

TEST_F(AbandonPlaces, one_that_is_stuck_in_the_destructor_of_a_message) {
  start_impatient();
  std::atomic<int> seen{0};
  const fn::pid p = fn::spawn(rt(), [&](fn::process& self) {
                      for (;;) self.receive([&](const stuck_destructor&) { ++seen; });
                    }).value();
  fn::send(p, stuck_destructor(inside, come_back));
  wait_until([&] { return inside.load(); });
  kill(p);
  wait_abandoned(1);
  come_back = true;
  wait_abandoned(0);
  EXPECT_EQ(seen, 1);
}

TEST_F(AbandonPlaces, one_that_is_stuck_in_the_destructor_of_a_message_it_never_took) {
  start_impatient();
  const fn::pid p = fn::spawn(rt(), [&](fn::process& self) { self.receive([](int) {}); }).value();
  fn::send(p, stuck_destructor(inside, come_back));
  kill(p);
  wait_until([&] { return inside.load(); });
  wait_abandoned(1);
  come_back = true;
  wait_abandoned(0);
}

struct blocks {};

class stuck_handler {
 public:
  using messages = fn::messages<blocks, std::shared_ptr<int>>;
  stuck_handler(std::atomic<bool>& inside, std::atomic<bool>& come_back) : inside_(&inside), come_back_(&come_back) {}
  void handle(fn::process&, blocks) {
    *inside_ = true;
    DeathTest::foreign_code(*come_back_);
  }
  void handle(fn::process&, const std::shared_ptr<int>&) {}

 private:
  std::atomic<bool>* inside_;
  std::atomic<bool>* come_back_;
};

TEST_F(AbandonPlaces, a_handler_stuck_in_a_turn_with_messages_in_every_place) {
  start_impatient();
  const auto life = std::make_shared<int>(0);
  const fn::pid p = fn::spawn(rt(), stuck_handler(inside, come_back)).value();
  fn::send(p, life);
  fn::send(p, blocks{});
  for (int i = 0; i != 300; ++i) fn::send(p, life);
  wait_until([&] { return inside.load(); });
  for (int i = 0; i != 300; ++i) fn::send(p, life);
  kill(p);
  wait_abandoned(1);
  come_back = true;
  wait_abandoned(0);
  EXPECT_EQ(life.use_count(), 1);
}

}  // namespace
}  // namespace foundation::testing
