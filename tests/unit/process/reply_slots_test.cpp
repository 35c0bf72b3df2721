// SPDX-License-Identifier: Apache-2.0
#include "process/reply_slots.hpp"

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <random>

#include "support/backing_probe.hpp"
#include "support/scale.hpp"

namespace foundation::proc {
namespace {

class ReplySlots : public ::testing::Test {
 protected:
  void TearDown() override {
    reply_slots::discard(slots, [](reply_cell&) {});
    EXPECT_EQ(probe.live(), 0);
  }
  static reply_cell reply_to(std::uint64_t number) {
    reply_cell made;
    made.number = number;
    return made;
  }

  testing::backing_probe probe;
  reply_slots* slots = nullptr;
};

TEST_F(ReplySlots, keep_a_reply_that_is_awaited) {
  const std::uint64_t number = reply_slots::open(slots);
  EXPECT_NE(number, 0u);
  EXPECT_EQ(slots->get(number), nullptr);
  reply_cell reply = reply_to(number);
  EXPECT_TRUE(slots->put(reply));
  EXPECT_EQ(slots->get(number), &reply);
  EXPECT_EQ(slots->close(number), &reply);
  EXPECT_EQ(slots->get(number), nullptr);
}

TEST_F(ReplySlots, refuse_a_reply_to_a_number_that_is_not_awaited_any_more) {
  const std::uint64_t number = reply_slots::open(slots);
  EXPECT_EQ(slots->close(number), nullptr);
  reply_cell late = reply_to(number);
  EXPECT_FALSE(slots->put(late));
  const std::uint64_t next = reply_slots::open(slots);
  EXPECT_NE(next, number) << "the same place";
  EXPECT_FALSE(slots->put(late));
  EXPECT_EQ(slots->get(next), nullptr);
  EXPECT_EQ(slots->close(number), nullptr) << "closing twice";
  EXPECT_EQ(slots->close(next), nullptr);
}

TEST_F(ReplySlots, are_as_many_as_asked_for_and_behave_like_a_map) {
  std::mt19937_64 random(3);
  std::map<std::uint64_t, std::unique_ptr<reply_cell>> model;
  const auto any = [&] { return std::next(model.begin(), static_cast<long>(random() % model.size())); };
  for (std::size_t step = 0; step != testing::scaled(100'000, 5'000); ++step) {
    switch (random() % 4) {
      case 0:
      case 1: {
        const std::uint64_t number = reply_slots::open(slots);
        ASSERT_TRUE(model.emplace(number, nullptr).second) << "a number that is in use";
        break;
      }
      case 2: {
        if (model.empty()) break;
        const auto at = any();
        if (at->second == nullptr) {
          at->second = std::make_unique<reply_cell>(reply_to(at->first));
          ASSERT_TRUE(slots->put(*at->second));
        }
        ASSERT_EQ(slots->get(at->first), at->second.get());
        break;
      }
      case 3: {
        if (model.empty()) break;
        const auto at = any();
        ASSERT_EQ(slots->close(at->first), at->second.get());
        model.erase(at);
        break;
      }
    }
  }
  for (const auto& [number, reply] : model) EXPECT_EQ(slots->close(number), reply.get());
}

TEST_F(ReplySlots, need_memory_only_to_become_more) {
  probe.refuse_all();
  EXPECT_EQ(reply_slots::open(slots), 0u);
  EXPECT_EQ(slots, nullptr);
  probe.refuse_all(false);
  EXPECT_NE(reply_slots::open(slots), 0u);
  probe.refuse_all();
  for (int i = 0; i != 3; ++i) EXPECT_NE(reply_slots::open(slots), 0u);
  EXPECT_EQ(reply_slots::open(slots), 0u) << "the fifth needs more";
  probe.refuse_all(false);
  EXPECT_NE(reply_slots::open(slots), 0u);
}

}  // namespace
}  // namespace foundation::proc
