// SPDX-License-Identifier: Apache-2.0
#include "process/outer_queue.hpp"

#include <gtest/gtest.h>

namespace foundation::proc {
namespace {

using sleep = outer_queue::sleep;

TEST(outer_queue, begins_awake_and_empty_for_a_process_that_is_to_run_at_once) {
  outer_queue queue(false);
  EXPECT_EQ(queue.newest(), nullptr);
  EXPECT_FALSE(queue.is_idle() || queue.is_waiting() || queue.is_closed());
}

TEST(outer_queue, begins_idle_for_a_process_that_waits_for_its_first_signal) {
  outer_queue queue(true);
  EXPECT_TRUE(queue.is_idle());
  EXPECT_EQ(queue.newest(), nullptr);
}

TEST(outer_queue, a_push_to_an_awake_process_owes_nothing) {
  outer_queue queue(false);
  signal first;
  signal second;
  EXPECT_EQ(queue.push(&first), push_result::delivered);
  EXPECT_EQ(queue.push(&second), push_result::delivered);
}

TEST(outer_queue, hangs_the_nodes_newest_first) {
  outer_queue queue(true);
  signal nodes[3];
  for (auto& each : nodes) static_cast<void>(queue.push(&each));
  EXPECT_EQ(queue.newest(), &nodes[2]);
  EXPECT_EQ(nodes[2].next, &nodes[1]);
  EXPECT_EQ(nodes[1].next, &nodes[0]);
  EXPECT_EQ(nodes[0].next, nullptr);
}

TEST(outer_queue, only_the_push_that_ends_idle_owes_the_enqueue) {
  outer_queue queue(true);
  signal first;
  signal second;
  EXPECT_EQ(queue.push(&first), push_result::enqueue_receiver);
  EXPECT_FALSE(queue.is_idle());
  EXPECT_EQ(queue.push(&second), push_result::delivered);
}

TEST(outer_queue, goes_to_sleep_from_nothing_when_there_never_was_a_signal) {
  outer_queue queue(false);
  EXPECT_TRUE(queue.try_sleep(nullptr, sleep::waiting));
  EXPECT_TRUE(queue.is_waiting());
  EXPECT_EQ(queue.newest(), nullptr);
  signal node;
  EXPECT_EQ(queue.push(&node), push_result::enqueue_receiver);
  EXPECT_EQ(node.next, nullptr);
}

TEST(outer_queue, goes_to_sleep_from_the_newest_node_handled) {
  for (const auto how : {sleep::idle, sleep::waiting}) {
    outer_queue queue(true);
    signal node;
    static_cast<void>(queue.push(&node));
    ASSERT_TRUE(queue.try_sleep(&node, how));
    EXPECT_EQ(queue.is_idle(), how == sleep::idle);
    EXPECT_EQ(queue.is_waiting(), how == sleep::waiting);
    signal later;
    EXPECT_EQ(queue.push(&later), push_result::enqueue_receiver);
    EXPECT_EQ(later.next, nullptr) << "what was handled before the sleep hangs on the new batch";
  }
}

TEST(outer_queue, does_not_go_to_sleep_when_something_newer_is_there) {
  outer_queue queue(true);
  signal handled;
  signal newer;
  static_cast<void>(queue.push(&handled));
  static_cast<void>(queue.push(&newer));
  EXPECT_FALSE(queue.try_sleep(&handled, sleep::idle));
  EXPECT_FALSE(queue.try_sleep(nullptr, sleep::waiting));
  EXPECT_EQ(queue.newest(), &newer);
  EXPECT_EQ(newer.next, &handled);
  EXPECT_TRUE(queue.try_sleep(&newer, sleep::idle));
}

TEST(outer_queue, closing_hands_over_what_is_there_and_refuses_everything_later) {
  outer_queue queue(true);
  signal first;
  signal second;
  static_cast<void>(queue.push(&first));
  static_cast<void>(queue.push(&second));
  EXPECT_EQ(queue.close(), &second);
  EXPECT_TRUE(queue.is_closed());
  signal late;
  late.next = &first;  // as an attempt leaves it that lost to another push, or to the close
  EXPECT_EQ(queue.push(&late), push_result::closed);
  EXPECT_EQ(late.next, nullptr) << "a refused signal is the sender's, and linked to nothing";
  EXPECT_FALSE(queue.try_sleep(&second, sleep::idle));
  EXPECT_EQ(queue.newest(), nullptr);
}

TEST(outer_queue, closing_from_any_state_without_nodes_hands_over_nothing) {
  outer_queue awake(false);
  EXPECT_EQ(awake.close(), nullptr);
  outer_queue idle(true);
  EXPECT_EQ(idle.close(), nullptr);
  outer_queue waiting(false);
  ASSERT_TRUE(waiting.try_sleep(nullptr, sleep::waiting));
  EXPECT_EQ(waiting.close(), nullptr);
  EXPECT_EQ(waiting.close(), nullptr) << "closing twice";
  for (auto* queue : {&awake, &idle, &waiting}) EXPECT_TRUE(queue->is_closed());
}

}  // namespace
}  // namespace foundation::proc
