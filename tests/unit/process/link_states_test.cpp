// SPDX-License-Identifier: Apache-2.0
//
// The table of process/links.cpp, cell by cell, and what the protocol between two ends is for: signals that cross.
#include <boost/fiber/buffered_channel.hpp>
#include <functional>
#include <future>
#include <memory>
#include <ostream>

#include "process/post.hpp"
#include "unit/process/death_fixture.hpp"

namespace foundation::testing {
namespace {

using proc::relation;
using proc::relation_kind;
using proc::signal_kind;
using proc::unlink_signal;

/// A process that does what the test tells it, and meanwhile looks at no signal: it waits in a channel of Boost's.
class puppet {
 public:
  explicit puppet(fn::runtime& rt) : id_(fn::spawn(rt, [this](fn::process& self) { obey(self); }).value()) {
    does([](proc::control_block&) {});  // it has begun, before which it would look at what has come
  }
  ~puppet() {
    orders_.close();
    while (fn::is_alive(id_)) std::this_thread::yield();
  }
  puppet(const puppet&) = delete;
  puppet& operator=(const puppet&) = delete;

  [[nodiscard]] fn::pid id() const { return id_; }

  /// Has it do something in the library, and waits until that is done.
  void does(const std::function<void(proc::control_block&)>& what) {
    const auto done = std::make_shared<std::promise<void>>();
    orders_.push([&what, done](fn::process& self) {
      {
        auto& p = proc::control_block::of(self);
        const proc::library_scope scope(p);
        what(p);
      }
      done->set_value();
    });
    done->get_future().wait();
  }
  void links(const puppet& other) {
    does([&](auto& p) { EXPECT_TRUE(p.link_to(other.id(), {})); });
  }
  void unlinks(const puppet& other) {
    does([&](auto& p) { EXPECT_TRUE(p.unlink_from(other.id())); });
  }
  void looks() {
    does([](auto& p) { p.gather_all(); });
  }

  /// What has come and not been looked at, the newest first.
  [[nodiscard]] std::vector<signal_kind> unseen() {
    std::vector<signal_kind> kinds;
    does([&](auto& p) {
      static_cast<void>(p.mail().any_unsorted([&](const proc::signal& s) {
        kinds.push_back(s.kind);
        return false;
      }));
    });
    return kinds;
  }

 private:
  void obey(fn::process& self) {
    std::function<void(fn::process&)> order;
    while (orders_.pop(order) == boost::fibers::channel_op_status::success) order(self);
  }

  boost::fibers::buffered_channel<std::function<void(fn::process&)>> orders_{2};
  const fn::pid id_;
};

enum class half { none, active, inactive };
constexpr const char* half_names[] = {"none", "active", "inactive"};
void PrintTo(half h, std::ostream* out) { *out << half_names[static_cast<int>(h)]; }

struct half_state {
  half state;
  std::uint64_t unlink_id;
};

half_state half_of(puppet& owner, const puppet& other) {
  half_state seen{half::none, 0};
  owner.does([&](auto& p) {
    if (const relation* const r = p.relations().link_to(other.id())) {
      seen = {r->active ? half::active : half::inactive, r->unlink_id};
    }
  });
  return seen;
}

enum class event { link, unlink, link_arrives, unlink_arrives, ack_arrives, another_ack_arrives, exit_arrives };
constexpr const char* event_names[] = {"link",        "unlink",              "link_arrives", "unlink_arrives",
                                       "ack_arrives", "another_ack_arrives", "exit_arrives"};

struct cell {
  half before;
  event what;
  half after;
  std::vector<signal_kind> sent = {};
  bool heeded = false;
};

std::string name_of(const cell& c) {
  return std::string(half_names[static_cast<int>(c.before)]) + "_" + event_names[static_cast<int>(c.what)];
}
void PrintTo(const cell& c, std::ostream* out) { *out << name_of(c); }

const cell table[] = {
    {half::none, event::link, half::active, {signal_kind::link}},
    {half::none, event::unlink, half::none},
    {half::none, event::link_arrives, half::active},
    {half::none, event::unlink_arrives, half::none, {signal_kind::unlink_ack}},
    {half::none, event::ack_arrives, half::none},
    {half::none, event::exit_arrives, half::none},
    {half::active, event::link, half::active},
    {half::active, event::unlink, half::inactive, {signal_kind::unlink}},
    {half::active, event::link_arrives, half::active},
    {half::active, event::unlink_arrives, half::none, {signal_kind::unlink_ack}},
    {half::active, event::ack_arrives, half::active},
    {half::active, event::exit_arrives, half::none, {}, true},
    {half::inactive, event::link, half::active, {signal_kind::link}},
    {half::inactive, event::unlink, half::inactive},
    {half::inactive, event::link_arrives, half::inactive},
    {half::inactive, event::unlink_arrives, half::inactive, {signal_kind::unlink_ack}},
    {half::inactive, event::ack_arrives, half::none},
    {half::inactive, event::another_ack_arrives, half::inactive},
    {half::inactive, event::exit_arrives, half::none},
};

class LinkStates : public DeathTest, public ::testing::WithParamInterface<cell> {
 protected:
  /// The event at `mine`; signals come as if from `other`, which has not sent them.
  static void happen(event what, puppet& mine, const puppet& other, std::uint64_t expected_id) {
    proc::signal* arrives = nullptr;
    switch (what) {
      case event::link: return mine.links(other);
      case event::unlink: return mine.unlinks(other);
      case event::link_arrives: {
        relation* const made = relation::make(relation_kind::link, other.id());
        made->kind = signal_kind::link;
        arrives = made;
        break;
      }
      case event::unlink_arrives: arrives = unlink_signal::make(other.id(), mine.id(), 7); break;
      case event::ack_arrives: arrives = ack(mine, other, expected_id); break;
      case event::another_ack_arrives: arrives = ack(mine, other, expected_id + 1); break;
      case event::exit_arrives: {
        relation* const made = relation::make(relation_kind::link, mine.id());
        made->tell_exit(other.id(), fn::exit_reason::user(7));
        arrives = made;
        break;
      }
    }
    ASSERT_TRUE(proc::post(mine.id(), arrives));
    mine.looks();
  }

  /// The answer that `mine` would have sent along with its unlink.
  static unlink_signal* ack(const puppet& mine, const puppet& other, std::uint64_t id) {
    unlink_signal* const question = unlink_signal::make(mine.id(), other.id(), id);
    unlink_signal* const answer = std::exchange(question->answer, nullptr);
    memory::deallocate(question);
    return answer;
  }
};

TEST_P(LinkStates, change_as_the_table_says) {
  start({.schedulers = 1});
  puppet mine(rt());
  puppet other(rt());
  mine.does([](auto& p) { p.trap_exits(true); });
  if (GetParam().before != half::none) mine.links(other);
  if (GetParam().before == half::inactive) mine.unlinks(other);
  const half_state before = half_of(mine, other);
  ASSERT_EQ(before.state, GetParam().before);
  const std::size_t sent_before = other.unseen().size();

  happen(GetParam().what, mine, other, before.unlink_id);

  const half_state after = half_of(mine, other);
  EXPECT_EQ(after.state, GetParam().after);
  if (GetParam().before == half::inactive && after.state == half::inactive) {
    EXPECT_EQ(after.unlink_id, before.unlink_id);
  }
  std::vector<signal_kind> sent = other.unseen();
  sent.resize(sent.size() - sent_before);
  EXPECT_EQ(sent, GetParam().sent);
  std::uint64_t messages = 0;
  mine.does([&](auto& p) { messages = p.mail().length(); });
  EXPECT_EQ(messages, GetParam().heeded ? 1u : 0u);
}

INSTANTIATE_TEST_SUITE_P(each_cell, LinkStates, ::testing::ValuesIn(table),
                         [](const auto& instance) { return name_of(instance.param); });

class LinkSignals : public DeathTest {
 protected:
  void start_both_linked() {
    start({.schedulers = 1});
    one.emplace(rt());
    two.emplace(rt());
    one->links(*two);
    two->looks();
    expect_halves(half::active, half::active);
  }
  void TearDown() override {
    one.reset();
    two.reset();
    DeathTest::TearDown();
  }
  void expect_halves(half of_one, half of_two) {
    EXPECT_EQ(half_of(*one, *two).state, of_one);
    EXPECT_EQ(half_of(*two, *one).state, of_two);
  }

  std::optional<puppet> one;
  std::optional<puppet> two;
};

TEST_F(LinkSignals, of_unlinks_that_cross_leave_no_half) {
  start_both_linked();
  one->unlinks(*two);
  two->unlinks(*one);
  expect_halves(half::inactive, half::inactive);
  one->looks();
  expect_halves(half::inactive, half::inactive);
  two->looks();  // at the other's unlink, and at the answer to its own
  expect_halves(half::inactive, half::none);
  one->looks();
  expect_halves(half::none, half::none);
}

TEST_F(LinkSignals, of_links_that_cross_make_one_link) {
  start_both_linked();
  one->unlinks(*two);
  two->looks();
  one->looks();
  expect_halves(half::none, half::none);
  one->links(*two);
  two->links(*one);
  one->looks();
  two->looks();
  expect_halves(half::active, half::active);
  one->unlinks(*two);
  two->looks();
  one->looks();
  expect_halves(half::none, half::none);
}

TEST_F(LinkSignals, that_acknowledge_an_earlier_unlink_end_neither_a_new_link_nor_a_later_unlink) {
  start_both_linked();
  one->unlinks(*two);
  two->looks();  // its answer is on its way
  one->links(*two);
  one->looks();
  expect_halves(half::active, half::none);
  two->looks();
  expect_halves(half::active, half::active);

  one->unlinks(*two);
  two->looks();  // and again
  one->links(*two);
  one->unlinks(*two);
  one->looks();
  expect_halves(half::inactive, half::none);
  two->looks();  // at a link and its unlink
  one->looks();
  expect_halves(half::none, half::none);
}

TEST_F(LinkSignals, that_link_one_that_has_unlinked_meanwhile_make_no_link) {
  start_both_linked();
  one->unlinks(*two);
  two->unlinks(*one);
  two->links(*one);
  expect_halves(half::inactive, half::active);
  one->looks();
  expect_halves(half::inactive, half::active);
  two->looks();
  expect_halves(half::inactive, half::none);
  one->looks();
  expect_halves(half::none, half::none);
}

}  // namespace
}  // namespace foundation::testing
