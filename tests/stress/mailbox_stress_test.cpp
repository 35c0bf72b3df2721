// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <vector>

#include "os/os.hpp"
#include "process/mailbox.hpp"
#include "support/backing_probe.hpp"
#include "support/scale.hpp"

namespace foundation::proc {
namespace {

struct numbered {
  unsigned sender;
  std::size_t number;
};

/// The mailbox, and the duty that the outer word hands round: whoever holds it owns the mailbox. `plain` is touched by
/// the owner alone.
struct shared_mailbox {
  mailbox box{true};
  sync::atomic<unsigned> owed{0};  // enqueues that senders owe; more than one at a time is a broken protocol
  long plain = 0;
};

/// Senders push as fast as they can; the owner takes over in pieces of `budget` and sleeps whenever nothing is left.
void senders_against_owner(unsigned senders, std::size_t each, std::uint32_t budget, bool abandon_at_end) {
  testing::backing_probe probe;
  {
    shared_mailbox s;
    sync::atomic<std::size_t> refused{0};
    std::vector<sync::thread> threads;
    for (unsigned me = 0; me != senders; ++me) {
      threads.emplace_back([&, me] {
        for (std::size_t i = 0; i != each; ++i) {
          auto message = detail::owned_envelope::make<numbered>(numbered{me, i});
          switch (s.box.push(message.get())) {
            case push_result::closed: refused.fetch_add(1); break;
            case push_result::enqueue_receiver:
              static_cast<void>(message.release());
              s.plain += 1;  // ours until the duty is passed on
              ASSERT_EQ(s.owed.fetch_add(1), 0u);
              break;
            case push_result::delivered: static_cast<void>(message.release()); break;
          }
        }
      });
    }

    std::vector<std::size_t> next(senders, 0);
    std::size_t got = 0;
    const std::size_t stop_after = abandon_at_end ? senders * each / 2 : senders * each;
    const auto take = [&] {
      while (envelope* e = s.box.ordinary().first()) {
        auto* const n = static_cast<numbered*>(e->payload());
        ASSERT_EQ(n->number, next[n->sender]) << "sender " << n->sender;
        ++next[n->sender];
        ++got;
        s.box.release(s.box.ordinary().take_after(nullptr));
      }
    };
    while (got < stop_after) {
      while (s.owed.load() == 0) os::relax();
      s.owed.fetch_sub(1);
      for (;;) {
        s.plain += 1;
        std::uint32_t left = budget;
        const bool all = s.box.gather(
            left, [](signal&) { ADD_FAILURE(); }, [](envelope&) {});
        take();
        if (got >= stop_after) break;
        if (all && s.box.try_sleep(got % 2 == 0 ? outer_queue::sleep::idle : outer_queue::sleep::waiting)) break;
      }
    }
    if (abandon_at_end) s.box.abandon();  // perhaps in the middle of a batch
    std::uint32_t plenty = 0xffff'ffff;
    static_cast<void>(s.box.gather(
        plenty, [](signal&) { ADD_FAILURE(); }, [](envelope&) {}));
    s.box.close();
    take();
    std::vector<numbered> rest;
    while (signal* left = s.box.next_rest()) {
      rest.push_back(*static_cast<numbered*>(static_cast<envelope*>(left)->payload()));
      s.box.release(left);
    }
    s.box.forget_pin();
    for (auto n = rest.rbegin(); n != rest.rend(); ++n) {
      ASSERT_EQ(n->number, next[n->sender]);
      ++next[n->sender];
      ++got;
    }
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(got + refused.load(), senders * each);
  }
  EXPECT_EQ(probe.live(), 0);
}

TEST(mailbox_stress, keeps_each_senders_order_and_loses_nothing) {
  senders_against_owner(3, testing::scaled(200'000, 1000), 1000, false);
}

TEST(mailbox_stress, keeps_each_senders_order_when_batches_are_left_half_way) {
  senders_against_owner(3, testing::scaled(100'000, 1000), 3, false);
}

TEST(mailbox_stress, sleeps_and_wakes_with_one_sender) {
  senders_against_owner(1, testing::scaled(300'000, 1000), 1000, false);
}

TEST(mailbox_stress, closes_under_fire_without_losing_a_message) {
  for (std::uint32_t budget : {1u, 2u, 5u, 1000u}) {
    for (std::size_t i = 0; i != testing::scaled(50, 5); ++i) senders_against_owner(3, 2000, budget, true);
  }
}

}  // namespace
}  // namespace foundation::proc
