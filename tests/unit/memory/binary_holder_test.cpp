// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <vector>

#include "base/base.hpp"
#include "memory/binary_holder.hpp"
#include "support/backing_probe.hpp"

namespace foundation::detail {
namespace {

/// A buffer with one binary, as far as its count is concerned.
struct some_buffer {
  explicit some_buffer(std::size_t bytes) : it(binary_buffer::make(bytes)) {}
  ~some_buffer() { it->release(0); }
  binary_buffer* it;
};

class BinaryHolder : public ::testing::Test {
 protected:
  ~BinaryHolder() override { EXPECT_EQ(probe.live(), 0); }

  testing::backing_probe probe;
  int grown = 0;
  binary_holder* holder = binary_holder::make({[](void* self, std::size_t) noexcept { ++static_cast<BinaryHolder*>(self)->grown; }, this});
};

TEST_F(BinaryHolder, counts_each_buffer_once) {
  {
    const some_buffer a(1000), b(2000);
    EXPECT_TRUE(holder->hold(*a.it));
    EXPECT_TRUE(holder->hold(*a.it));
    EXPECT_EQ(holder->bytes(), a.it->footprint());
    EXPECT_TRUE(holder->hold(*b.it));
    EXPECT_EQ(holder->bytes(), a.it->footprint() + b.it->footprint());
    EXPECT_EQ(grown, 2);
    holder->let_go(*a.it);
    EXPECT_EQ(holder->bytes(), a.it->footprint() + b.it->footprint());
    holder->let_go(*a.it);
    holder->let_go(*b.it);
    EXPECT_EQ(holder->bytes(), 0u);
    EXPECT_EQ(grown, 2);
  }
  holder->retire();
}

TEST_F(BinaryHolder, that_is_retired_lives_until_the_last_buffer_is_let_go) {
  const some_buffer a(1000);
  EXPECT_TRUE(holder->hold(*a.it));
  EXPECT_TRUE(holder->hold(*a.it));
  holder->retire();
  holder->let_go(*a.it);
  EXPECT_EQ(holder->bytes(), a.it->footprint());
  holder->let_go(*a.it);
}

TEST_F(BinaryHolder, says_when_memory_for_the_counting_is_refused) {
  {
    const some_buffer a(1000), b(1000);
    probe.refuse_all();
    EXPECT_EQ(binary_holder::make({}), nullptr);
    EXPECT_FALSE(holder->hold(*a.it));
    EXPECT_EQ(holder->bytes(), 0u);
    probe.refuse_all(false);
    EXPECT_TRUE(holder->hold(*b.it));
    EXPECT_EQ(holder->bytes(), b.it->footprint());
    holder->let_go(*b.it);
  }
  holder->retire();
}

TEST_F(BinaryHolder, is_let_go_of_by_any_threads) {
  constexpr int each = 1000;
  std::vector<some_buffer> buffers;
  buffers.reserve(8);
  for (int i = 0; i != 8; ++i) buffers.emplace_back(1000);
  for (int round = 0; round != each; ++round) {
    for (const auto& b : buffers) static_cast<void>(holder->hold(*b.it));
  }
  std::vector<sync::thread> threads;
  for (std::size_t t = 0; t != 4; ++t) {
    threads.emplace_back([&, t] {
      for (int round = 0; round != each; ++round) {
        holder->let_go(*buffers[2 * t].it);
        holder->let_go(*buffers[2 * t + 1].it);
      }
    });
  }
  holder->retire();  // meanwhile
  for (auto& each_thread : threads) each_thread.join();
}

}  // namespace
}  // namespace foundation::detail
