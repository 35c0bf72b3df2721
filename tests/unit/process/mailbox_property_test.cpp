// SPDX-License-Identifier: Apache-2.0
//
// A mailbox against a list: whatever the sequence of operations, the same messages in the same order, each node freed
// once.
#include <gtest/gtest.h>

#include <deque>
#include <new>
#include <random>
#include <vector>

#include "process/mailbox.hpp"
#include "support/backing_probe.hpp"
#include "support/scale.hpp"

namespace foundation::proc {
namespace {

struct model {
  std::deque<int> outside;  // pushed, not yet known to be taken over; -1: a signal
  std::vector<int> inside;  // taken over, in order
  bool asleep = true;
};

class checked_mailbox {
 public:
  explicit checked_mailbox(std::uint64_t seed) : random_(seed) {}

  void step() {
    switch (below(10)) {
      case 0:
      case 1:
      case 2: return push();
      case 3:
      case 4:
      case 5: return gather(static_cast<std::uint32_t>(below(6)));
      case 6: return gather(1000);
      case 7:
      case 8: return take();
      default: return sleep();
    }
  }

  void end() {
    if (below(2) == 0) {
      gather(1000);
      if (below(2) == 0) push();
      if (below(2) == 0) push();
      box_.close();
    } else {
      box_.abandon();
    }
    model_.asleep = false;
    gather(1000);  // a look at a dead mailbox, from a destructor or on the way back from foreign code
    box_.close();
    std::vector<int> rest;
    while (!model_.inside.empty()) take();
    ASSERT_EQ(box_.ordinary().first(), nullptr);
    while (signal* s = box_.next_rest()) {
      rest.push_back(s->kind == signal_kind::message ? number_of(*s) : -1);
      box_.release(s);
    }
    box_.forget_pin();
    ASSERT_EQ(std::vector<int>(rest.rbegin(), rest.rend()),
              std::vector<int>(model_.outside.begin(), model_.outside.end()));
  }

 private:
  std::size_t below(std::size_t n) { return random_() % n; }
  static int number_of(signal& s) { return *static_cast<int*>(static_cast<envelope&>(s).payload()); }

  void push() {
    const bool message = below(4) != 0;
    const push_result expected = model_.asleep ? push_result::enqueue_receiver : push_result::delivered;
    model_.asleep = false;
    batch_done_ = false;
    if (message) {
      model_.outside.push_back(next_);
      ASSERT_EQ(box_.push(detail::owned_envelope::make<int>(next_++).release()), expected);
    } else {
      model_.outside.push_back(-1);
      auto* s = ::new (memory::allocate(sizeof(signal))) signal;
      s->kind = signal_kind::timeout;
      ASSERT_EQ(box_.push(s), expected);
    }
  }

  void gather(std::uint32_t budget) {
    if (model_.asleep) return;
    batch_done_ = box_.gather(
        budget,
        [this](signal& s) {
          taken_over(-1);
          box_.release(&s);
        },
        [this](envelope& e) {
          taken_over(number_of(e));
          model_.inside.push_back(number_of(e));
        });
    if (batch_done_ && !box_.outer().is_closed()) {
      ASSERT_TRUE(model_.outside.empty());
    }
    check();
  }

  void taken_over(int number) {
    ASSERT_FALSE(model_.outside.empty());
    ASSERT_EQ(model_.outside.front(), number);
    model_.outside.pop_front();
  }

  void take() {
    if (model_.asleep || model_.inside.empty()) return;
    const auto at = below(model_.inside.size());
    envelope* before = nullptr;
    for (std::size_t i = 0; i != at; ++i) before = before == nullptr ? box_.ordinary().first() : message_list::after(*before);
    envelope* const taken = box_.ordinary().take_after(before);
    ASSERT_EQ(number_of(*taken), model_.inside[at]);
    model_.inside.erase(model_.inside.begin() + static_cast<std::ptrdiff_t>(at));
    box_.release(taken);
    check();
  }

  void sleep() {
    if (model_.asleep) return;
    if (!batch_done_) gather(1000);
    const auto how = below(2) == 0 ? outer_queue::sleep::idle : outer_queue::sleep::waiting;
    const bool newer = below(3) == 0;
    if (newer) push();
    ASSERT_EQ(box_.try_sleep(how), !newer);
    model_.asleep = !newer;
    ASSERT_EQ(box_.outer().is_idle(), !newer && how == outer_queue::sleep::idle);
  }

  void check() {
    ASSERT_EQ(box_.ordinary().length(), model_.inside.size());
    envelope* e = box_.ordinary().first();
    for (const int number : model_.inside) {
      ASSERT_NE(e, nullptr);
      ASSERT_EQ(number_of(*e), number);
      ASSERT_EQ(message_list::after(*e) == nullptr, box_.ordinary().last() == e);
      e = message_list::after(*e);
    }
    ASSERT_EQ(e, nullptr);
  }

  std::mt19937_64 random_;
  mailbox box_{true};
  model model_;
  int next_ = 0;
  bool batch_done_ = false;
};

TEST(mailbox_property, behaves_like_a_list_for_any_sequence_of_operations) {
  for (std::uint64_t seed = 1; seed <= testing::scaled(2000, 200); ++seed) {
    SCOPED_TRACE(::testing::Message() << "seed " << seed);
    const testing::backing_probe probe;
    checked_mailbox box(seed);
    for (int i = 0; i != 200; ++i) {
      box.step();
      if (::testing::Test::HasFatalFailure()) return;
    }
    box.end();
    if (::testing::Test::HasFatalFailure()) return;
    ASSERT_EQ(probe.live(), 0);
  }
}

}  // namespace
}  // namespace foundation::proc
