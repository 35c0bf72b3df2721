// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <limits>
#include <string>
#include <type_traits>
#include <unordered_set>
#include <vector>

#include <foundation/binary.hpp>

#include "support/backing_probe.hpp"

namespace fn = foundation;

namespace {

static_assert(sizeof(fn::binary) == 64);
static_assert(std::is_nothrow_copy_constructible_v<fn::binary> && std::is_nothrow_copy_assignable_v<fn::binary>);
static_assert(std::is_nothrow_move_constructible_v<fn::binary> && std::is_nothrow_move_assignable_v<fn::binary>);

fn::binary of(std::string_view text) { return fn::binary::copy(text).value(); }
std::string letters(std::size_t n) {
  std::string out;
  for (std::size_t i = 0; i != n; ++i) out += static_cast<char>('a' + i % 26);
  return out;
}

/// Gives back all that it has allocated, by the allocator's count and by the statistics.
class Binary : public ::testing::Test {
 protected:
  ~Binary() override {
    EXPECT_EQ(probe.live(), 0);
    const fn::binary_figures after = fn::binary_statistics();
    EXPECT_EQ(after.buffers, before_.buffers);
    EXPECT_EQ(after.bytes, before_.bytes);
    EXPECT_EQ(after.adopted_buffers, before_.adopted_buffers);
    EXPECT_EQ(after.adopted_bytes, before_.adopted_bytes);
    EXPECT_EQ(after.sparse_buffers, before_.sparse_buffers);
    EXPECT_EQ(after.sparse_bytes, before_.sparse_bytes);
  }

  fn::testing::backing_probe probe;

 private:
  fn::binary_figures before_ = fn::binary_statistics();
};

TEST_F(Binary, default_constructed_is_empty) {
  const fn::binary none;
  EXPECT_TRUE(none.empty());
  EXPECT_EQ(none.text(), "");
  EXPECT_EQ(none, of(""));
  EXPECT_EQ(none.buffer_size(), 0u);
}

TEST_F(Binary, holds_any_bytes_of_any_length) {
  for (std::size_t size = 0; size != 300; ++size) {
    std::string text = letters(size);
    if (size > 3) text[3] = '\0';
    const fn::binary b = of(text);
    ASSERT_EQ(b.text(), text);
    ASSERT_EQ(b.size(), size);
    ASSERT_EQ(b.bytes().size(), size);
    ASSERT_EQ(fn::binary::copy(b.bytes()).value(), b);
    if (size != 0) {
      ASSERT_EQ(b[size - 1], static_cast<std::byte>(text.back()));
    }
  }
}

TEST_F(Binary, is_inline_below_64_bytes_and_allocates_from_there_on) {
  probe.refuse_all();
  const fn::binary small = of(letters(63));
  EXPECT_TRUE(small.is_inline());
  EXPECT_EQ(small.buffer(), nullptr);
  EXPECT_EQ(small.buffer_size(), 63u);
  EXPECT_FALSE(small.is_shared());
  EXPECT_EQ(fn::binary::copy(letters(64)), fn::errc::system_limit);
  probe.refuse_all(false);
  const fn::binary large = of(letters(64));
  EXPECT_FALSE(large.is_inline());
  EXPECT_EQ(large.buffer_size(), 64u);
  EXPECT_EQ(probe.made(), 1);
}

TEST_F(Binary, copies_share_the_buffer_and_allocate_nothing) {
  const std::string text = letters(1000);
  fn::binary copy;
  {
    const fn::binary original = of(text);
    EXPECT_FALSE(original.is_shared());
    copy = original;
    EXPECT_TRUE(original.is_shared());
    EXPECT_EQ(copy.data(), original.data());
    EXPECT_EQ(copy.buffer(), original.buffer());
  }
  EXPECT_FALSE(copy.is_shared());
  EXPECT_EQ(copy.text(), text);
  EXPECT_EQ(probe.made(), 1);
}

TEST_F(Binary, moved_from_is_empty) {
  for (const std::size_t size : {10u, 1000u}) {
    fn::binary from = of(letters(size));
    fn::binary to = std::move(from);
    EXPECT_TRUE(from.empty());  // NOLINT: that is the point
    EXPECT_EQ(to.text(), letters(size));
    from = std::move(to);
    EXPECT_EQ(from.text(), letters(size));
    EXPECT_TRUE(to.empty());  // NOLINT: that is the point
    fn::binary& self = from;
    from = self;
    EXPECT_EQ(from.text(), letters(size));
    from = std::move(self);
    EXPECT_EQ(from.text(), letters(size));
  }
}

TEST_F(Binary, swaps_small_with_large) {
  fn::binary small = of("small");
  fn::binary large = of(letters(100));
  small.swap(large);
  EXPECT_EQ(small.text(), letters(100));
  EXPECT_EQ(large.text(), "small");
  small.swap(small);
  EXPECT_EQ(small.text(), letters(100));
}

TEST_F(Binary, slices_share_from_64_bytes_on_and_are_inline_below) {
  const std::string text = letters(1000);
  const fn::binary whole = of(text);
  const fn::binary large = whole.slice(100, 64).value();
  const fn::binary small = whole.slice(100, 63).value();
  EXPECT_EQ(large.text(), text.substr(100, 64));
  EXPECT_EQ(large.data(), whole.data() + 100);
  EXPECT_EQ(large.buffer(), whole.buffer());
  EXPECT_EQ(large.buffer_size(), 1000u);
  EXPECT_EQ(small.text(), text.substr(100, 63));
  EXPECT_TRUE(small.is_inline());
  EXPECT_EQ(whole.slice(900).value(), text.substr(900));
  EXPECT_EQ(whole.slice(1000).value(), "");
  EXPECT_EQ(large.slice(1, 2).value(), text.substr(101, 2));
  EXPECT_EQ(small.slice(1, 2).value(), text.substr(101, 2));
  EXPECT_EQ(probe.made(), 1);
}

TEST_F(Binary, slices_that_are_not_within_say_what_is) {
  for (const std::size_t size : {10u, 100u}) {
    const fn::binary b = of(letters(size));
    const auto beyond = b.slice(size + 1);
    ASSERT_EQ(beyond, fn::errc::invalid_argument);
    EXPECT_EQ(beyond.error().message(),
              "offset: " + std::to_string(size + 1) + " given, 0.." + std::to_string(size) + " allowed");
    const auto longer = b.slice(5, size - 4);
    ASSERT_EQ(longer, fn::errc::invalid_argument);
    EXPECT_EQ(longer.error().message(), "slice: " + std::to_string(size - 4) + " bytes from 5 on given, within 0.." +
                                            std::to_string(size) + " allowed");
    EXPECT_EQ(b.slice(5, std::numeric_limits<std::size_t>::max() - 1), fn::errc::invalid_argument);
    EXPECT_EQ(b.slice(5, size - 5).value(), letters(size).substr(5));
  }
}

TEST_F(Binary, appends_in_place_while_there_is_room_and_amortised_beyond) {
  fn::binary b;
  std::string model;
  for (int i = 0; i != 20'000; ++i) {
    const std::string piece = letters(static_cast<std::size_t>(i) % 7);
    ASSERT_TRUE(b.append(piece));
    model += piece;
  }
  EXPECT_EQ(b.text(), model);
  EXPECT_LT(probe.made(), 12) << "each twice as large as the one before";
  EXPECT_LE(b.buffer_size(), 2 * b.size() + 256);
}

TEST_F(Binary, appending_to_one_copy_is_not_seen_by_the_others) {
  fn::binary first;
  ASSERT_TRUE(first.append(letters(100)));  // has room for more
  fn::binary second = first;
  const fn::binary third = first;
  const fn::binary end = first.slice(36).value();
  ASSERT_TRUE(first.append("first"));
  EXPECT_EQ(first.buffer(), third.buffer()) << "in place";
  ASSERT_TRUE(second.append("second"));
  EXPECT_NE(second.buffer(), third.buffer()) << "the place was taken";
  EXPECT_EQ(first, letters(100) + "first");
  EXPECT_EQ(second, letters(100) + "second");
  EXPECT_EQ(third, letters(100));
  EXPECT_EQ(end, letters(100).substr(36));
}

TEST_F(Binary, a_slice_from_the_end_goes_on_in_place_and_another_one_does_not) {
  fn::binary whole;
  ASSERT_TRUE(whole.append(letters(200)));
  fn::binary end = whole.slice(100).value();
  fn::binary middle = whole.slice(50, 100).value();
  ASSERT_TRUE(middle.append("x"));
  EXPECT_NE(middle.buffer(), whole.buffer());
  ASSERT_TRUE(end.append("y"));
  EXPECT_EQ(end.buffer(), whole.buffer());
  EXPECT_EQ(whole, letters(200));
  EXPECT_EQ(end, letters(200).substr(100) + "y");
  EXPECT_EQ(middle, letters(200).substr(50, 100) + "x");
}

TEST_F(Binary, can_be_appended_to_itself_in_part_and_whole) {
  for (const std::size_t size : {5u, 40u, 100u, 300u}) {
    fn::binary b;
    ASSERT_TRUE(b.append(letters(size)));
    ASSERT_TRUE(b.append(b.text().substr(1, 3)));
    ASSERT_TRUE(b.append(b));
    const std::string once = letters(size) + letters(size).substr(1, 3);
    EXPECT_EQ(b, once + once);
    ASSERT_TRUE(b.append(std::string_view()));
    EXPECT_EQ(b, once + once);
  }
}

TEST_F(Binary, a_refused_append_changes_nothing) {
  for (const std::size_t size : {63u, 64u}) {
    fn::binary b = of(letters(size));
    probe.refuse_nth(1);
    EXPECT_EQ(b.append("x"), fn::errc::system_limit);
    EXPECT_EQ(b, letters(size));
    ASSERT_TRUE(b.append("x"));
    EXPECT_EQ(b, letters(size) + "x");
  }
}

template <typename Container>
Container filled(std::size_t size) {
  Container out;
  for (const char c : letters(size)) out.push_back(static_cast<typename Container::value_type>(c));
  out.shrink_to_fit();
  return out;
}

template <typename Container>
class BinaryTake : public Binary {};
using containers = ::testing::Types<std::vector<std::byte>, std::vector<char>, std::vector<unsigned char>, std::string>;
TYPED_TEST_SUITE(BinaryTake, containers);

TYPED_TEST(BinaryTake, keeps_a_large_containers_memory_and_copies_a_small_ones) {
  for (const std::size_t size : {0u, 63u, 64u, 255u, 256u, 100'000u}) {
    auto from = filled<TypeParam>(size);
    const void* const memory = from.data();
    const std::size_t capacity = from.capacity();
    const auto before = fn::binary_statistics();
    const fn::binary b = fn::binary::take(std::move(from)).value();
    EXPECT_EQ(b, letters(size));
    EXPECT_TRUE(from.empty());  // NOLINT: that is the promise
    const auto now = fn::binary_statistics();
    EXPECT_EQ(b.data() == memory, size >= 256);
    EXPECT_EQ(now.adopted_buffers - before.adopted_buffers, size >= 256 ? 1u : 0u);
    EXPECT_EQ(now.adopted_bytes - before.adopted_bytes, size >= 256 ? capacity : 0u);
    EXPECT_GE(now.bytes - before.bytes, size >= 64 ? size : 0u);
  }
}

TYPED_TEST(BinaryTake, copies_out_of_a_container_that_is_more_than_half_empty) {
  auto from = filled<TypeParam>(1000);
  from.reserve(2500);
  const fn::binary b = fn::binary::take(std::move(from)).value();
  EXPECT_EQ(b.buffer_size(), 1000u);
  EXPECT_EQ(b, letters(1000));
  EXPECT_EQ(from.capacity(), TypeParam().capacity());  // NOLINT: that is the promise
}

TYPED_TEST(BinaryTake, refused_leaves_the_container_as_it_was) {
  for (const std::size_t size : {100u, 1000u}) {
    auto from = filled<TypeParam>(size);
    this->probe.refuse_nth(1);
    EXPECT_EQ(fn::binary::take(std::move(from)), fn::errc::system_limit);
    EXPECT_EQ(from, filled<TypeParam>(size));  // NOLINT: that is the promise
  }
}

TYPED_TEST(BinaryTake, never_writes_to_a_containers_spare_memory) {
  auto from = filled<TypeParam>(1000);
  from.reserve(1500);
  fn::binary b = fn::binary::take(std::move(from)).value();
  const fn::binary other = b;
  EXPECT_EQ(b.buffer_size(), 1000u);
  ASSERT_TRUE(b.append("more"));
  EXPECT_NE(b.buffer(), other.buffer());
  EXPECT_EQ(b, letters(1000) + "more");
  EXPECT_EQ(other, letters(1000));
}

TEST_F(Binary, compact_copies_a_slice_out_of_its_buffer_which_goes_with_the_last_other) {
  fn::binary slice;
  {
    const fn::binary whole = of(letters(100'000));
    slice = whole.slice(5, 100).value();
  }
  EXPECT_EQ(slice.buffer_size(), 100'000u);
  ASSERT_TRUE(slice.compact());
  EXPECT_EQ(slice.buffer_size(), 100u);
  EXPECT_EQ(slice, letters(200).substr(5, 100));
  EXPECT_EQ(probe.live(), 1);
}

TEST_F(Binary, compact_gives_up_the_room_for_more) {
  fn::binary b;
  ASSERT_TRUE(b.append(letters(100)));
  EXPECT_GT(b.buffer_size(), 100u);
  ASSERT_TRUE(b.compact());
  EXPECT_EQ(b.buffer_size(), 100u);
}

TEST_F(Binary, compact_does_nothing_where_nothing_is_wasted) {
  fn::binary large = of(letters(100));
  fn::binary small = of("small");
  const fn::binary other = large;
  probe.refuse_all();
  EXPECT_TRUE(large.compact());
  EXPECT_TRUE(small.compact());
  EXPECT_EQ(large.data(), other.data());
  EXPECT_EQ(small, "small");
}

TEST_F(Binary, a_refused_compact_changes_nothing) {
  const fn::binary whole = of(letters(1000));
  fn::binary slice = whole.slice(0, 100).value();
  probe.refuse_nth(1);
  EXPECT_EQ(slice.compact(), fn::errc::system_limit);
  EXPECT_EQ(slice, letters(100));
  EXPECT_EQ(slice.buffer(), whole.buffer());
}

TEST_F(Binary, is_ordered_by_its_bytes_and_hashed_as_its_text) {
  EXPECT_LT(of(""), of("a"));
  EXPECT_LT(of("a"), of("aa"));
  EXPECT_LT(of("ab"), of("b"));
  EXPECT_LT(of("z"), of("\xff"));
  EXPECT_LT(of(letters(100)), of(letters(101)));
  EXPECT_GT(of("b"), of(letters(100)));
  EXPECT_NE(of("a"), of("b"));
  EXPECT_EQ(of(letters(100)), of(letters(100)));
  EXPECT_EQ(std::hash<fn::binary>{}(of(letters(100))), std::hash<std::string_view>{}(letters(100)));
  const std::unordered_set<fn::binary> all{of("a"), of(letters(100)), of("a")};
  EXPECT_EQ(all.size(), 2u);
  EXPECT_TRUE(all.contains(of(letters(100))));
}

TEST_F(Binary, statistics_count_buffers_and_their_bytes_once) {
  const auto before = fn::binary_statistics();
  const fn::binary one = of(letters(1000));
  const fn::binary copy = one;
  const fn::binary slice = one.slice(100).value();
  const fn::binary small = of("small");
  const auto now = fn::binary_statistics();
  EXPECT_EQ(now.buffers - before.buffers, 1u);
  EXPECT_GE(now.bytes - before.bytes, 1000u);
  EXPECT_LE(now.bytes - before.bytes, 1100u);
  EXPECT_EQ(now.adopted_buffers, before.adopted_buffers);
}

TEST_F(Binary, statistics_tell_the_buffers_of_which_little_is_shown) {
  const auto before = fn::binary_statistics();
  const auto sparse = [&] { return fn::binary_statistics().sparse_buffers - before.sparse_buffers; };
  fn::binary whole = of(letters(10'000));
  EXPECT_EQ(sparse(), 0u);
  fn::binary slice = whole.slice(0, 1000).value();
  EXPECT_EQ(sparse(), 0u) << "the whole is still there";
  whole = fn::binary();
  EXPECT_EQ(sparse(), 1u);
  EXPECT_GE(fn::binary_statistics().sparse_bytes - before.sparse_bytes, 10'000u);
  {
    const std::vector<fn::binary> copies(2, slice);
    EXPECT_EQ(sparse(), 0u) << "together they show more than a quarter";
  }
  EXPECT_EQ(sparse(), 1u);
  fn::binary moved = std::move(slice);
  EXPECT_EQ(sparse(), 1u);
  moved.compact().value();
  EXPECT_EQ(sparse(), 0u);
  EXPECT_EQ(fn::binary_statistics().sparse_bytes, before.sparse_bytes);
}

TEST_F(Binary, statistics_see_what_append_shows) {
  const auto before = fn::binary_statistics();
  const auto sparse = [&] { return fn::binary_statistics().sparse_buffers - before.sparse_buffers; };
  fn::binary line = of(letters(10'000));
  line.append(letters(100)).value();  // a buffer with room for as much again
  fn::binary beginning = line.slice(0, 200).value();
  line = line.slice(10'000).value();  // the end of it, behind which there is room
  EXPECT_EQ(sparse(), 1u);
  line.append(letters(9000)).value();
  EXPECT_EQ(sparse(), 0u);
}

}  // namespace
