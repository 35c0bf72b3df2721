// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <cmath>
#include <limits>
#include <random>
#include <string>

#include <foundation/optimize_binary.hpp>

#include "support/backing_probe.hpp"
#include "support/scale.hpp"

namespace fn = foundation;

namespace {

using enum fn::binary_strategy;
using enum fn::binary_form;
using fn::binary_encoding;
using ::testing::HasSubstr;

fn::binary of(std::string_view text) { return fn::binary::copy(text).value(); }

/// What compresses well, and what does not at all.
std::string lines(std::size_t size) {
  std::string out;
  for (int i = 0; out.size() < size; ++i) out += "line " + std::to_string(i * 7) + " of the log says nothing new\n";
  out.resize(size);
  return out;
}
std::string noise(std::size_t size, std::uint64_t seed = 1) {
  std::mt19937_64 random(seed);
  std::string out(size, '\0');
  for (char& c : out) c = static_cast<char>(random());
  return out;
}

class OptimizeBinary : public ::testing::Test {
 protected:
  ~OptimizeBinary() override { EXPECT_EQ(probe.live(), 0); }
  fn::testing::backing_probe probe;
};

TEST_F(OptimizeBinary, automatic_leaves_small_ones_shares_the_next_and_compresses_the_largest) {
  const struct {
    std::size_t size;
    fn::binary_form form;
  } rows[] = {{0, heap}, {63, heap}, {64, refc}, {65'535, refc}, {65'536, compressed}, {1'000'000, compressed}};
  for (const auto& row : rows) {
    const auto made = fn::optimize_binary(of(lines(row.size))).value();
    EXPECT_EQ(made.form, row.form) << row.size;
    EXPECT_EQ(made.encoding, row.form == compressed ? binary_encoding::zstd : binary_encoding::plain);
    EXPECT_EQ(made.size_before, row.size);
    EXPECT_EQ(made.size_after(), made.data.size());
    EXPECT_EQ(fn::restore_binary(made).value(), lines(row.size));
  }
}

TEST_F(OptimizeBinary, automatic_takes_its_sizes_from_the_options) {
  const fn::optimize_options options{.sharing_size = 100, .storage_size = 1000};
  const fn::binary whole = of(lines(100'000));
  const fn::binary below = whole.slice(0, 99).value();
  EXPECT_EQ(fn::optimize_binary(below, automatic, options).value().buffer_after(), 100'000u) << "left as it is";
  EXPECT_EQ(fn::optimize_binary(whole.slice(0, 100).value(), automatic, options).value().buffer_after(), 100u);
  EXPECT_EQ(fn::optimize_binary(of(lines(999)), automatic, options).value().form, refc);
  EXPECT_EQ(fn::optimize_binary(of(lines(1000)), automatic, options).value().form, compressed);
}

TEST_F(OptimizeBinary, sharing_copies_a_slice_out_of_a_buffer_that_it_uses_little_of) {
  const fn::binary whole = of(lines(1000));
  const auto half = fn::optimize_binary(whole.slice(0, 500).value(), sharing).value();
  EXPECT_EQ(half.form, refc);
  EXPECT_EQ(half.data.buffer(), whole.buffer());
  const auto less = fn::optimize_binary(whole.slice(0, 499).value(), sharing).value();
  EXPECT_EQ(less.form, refc);
  EXPECT_EQ(less.buffer_before, 1000u);
  EXPECT_EQ(less.buffer_after(), 499u);
  EXPECT_EQ(less.data, lines(1000).substr(0, 499));
  EXPECT_EQ(fn::optimize_binary(whole.slice(0, 100).value(), sharing, {.min_used = 0}).value().data.buffer(),
            whole.buffer());
  EXPECT_EQ(fn::optimize_binary(of("few"), sharing).value().form, heap);
}

TEST_F(OptimizeBinary, storage_keeps_the_compressed_form_only_below_the_ratio) {
  const auto good = fn::optimize_binary(of(lines(5000)), storage).value();
  EXPECT_EQ(good.form, compressed);
  EXPECT_LT(static_cast<double>(good.size_after()), 0.9 * 5000);
  const auto bad = fn::optimize_binary(of(noise(5000)), storage).value();
  EXPECT_EQ(bad.form, refc);
  EXPECT_EQ(bad.encoding, binary_encoding::plain);
  EXPECT_EQ(bad.data, noise(5000));
  // What one ratio accepts a smaller one does not.
  const double reached = static_cast<double>(good.size_after()) / 5000;
  EXPECT_EQ(fn::optimize_binary(of(lines(5000)), storage, {.ratio = reached}).value().form, refc) << "not below";
  EXPECT_EQ(fn::optimize_binary(of(lines(5000)), storage, {.ratio = reached * 0.9}).value().form, refc);
  EXPECT_EQ(fn::optimize_binary(of(lines(5000)), storage, {.ratio = 1}).value().form, compressed);
  // And where it is not worth it, a slice is still taken out of a buffer that is too large for it.
  const fn::binary whole = of(noise(5000));
  EXPECT_EQ(fn::optimize_binary(whole.slice(0, 1000).value(), storage).value().buffer_after(), 1000u);
}

TEST_F(OptimizeBinary, transmission_never_makes_it_larger_and_says_how_it_is_to_be_read) {
  for (const std::size_t size : {0u, 1u, 10u, 63u, 64u, 100u, 1000u, 70'000u}) {
    for (const bool compressible : {false, true}) {
      const std::string text = compressible ? lines(size) : noise(size, size);
      const auto made = fn::optimize_binary(of(text), transmission).value();
      EXPECT_EQ(made.form, transmission_ready);
      EXPECT_EQ(made.encoding == binary_encoding::plain, made.data == text);
      EXPECT_EQ(made.size_after() < size, made.encoding == binary_encoding::zstd) << size;
      EXPECT_LE(made.size_after(), size);
      if (!compressible || size < 10 || size >= 1000) {
        EXPECT_EQ(made.encoding, compressible && size >= 1000 ? binary_encoding::zstd : binary_encoding::plain) << size;
      }
      EXPECT_EQ(fn::restore_binary(made.data, made.encoding).value(), text);
    }
  }
}

TEST_F(OptimizeBinary, transmission_of_what_would_stay_as_large_leaves_it) {
  for (std::size_t size = 0; size != 200; ++size) {
    const std::string text(size, 'a');
    const auto made = fn::optimize_binary(of(text), transmission).value();
    ASSERT_EQ(made.encoding, made.size_after() < size ? binary_encoding::zstd : binary_encoding::plain) << size;
    ASSERT_EQ(fn::restore_binary(made).value(), text);
  }
}

TEST_F(OptimizeBinary, the_level_trades_time_for_size) {
  std::mt19937_64 random(3);
  std::string text;
  while (text.size() < 100'000) text += lines(10'000).substr(random() % 9000, 5 + random() % 20);
  const fn::binary data = of(text);
  const auto fast = fn::optimize_binary(data, storage, {.level = 1}).value();
  const auto small = fn::optimize_binary(data, storage, {.level = 19}).value();
  EXPECT_LT(small.size_after(), fast.size_after());
  EXPECT_EQ(fn::restore_binary(fast).value(), data);
  EXPECT_EQ(fn::restore_binary(small).value(), data);
}

TEST_F(OptimizeBinary, options_out_of_range_are_named) {
  const auto message_of = [](fn::binary_strategy strategy, const fn::optimize_options& options) {
    const auto made = fn::optimize_binary(of("data"), strategy, options);
    EXPECT_EQ(made, fn::errc::invalid_argument);
    return made ? std::string() : std::string(made.error().message());
  };
  const double none = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(message_of(storage, {.level = 0}), "level: 0 given, 1..19 allowed");
  EXPECT_EQ(message_of(storage, {.level = 20}), "level: 20 given, 1..19 allowed");
  for (const double ratio : {0.0, -1.0, 1.1, none}) {
    EXPECT_THAT(message_of(automatic, {.ratio = ratio}), HasSubstr("given, above 0 and at most 1 allowed"));
  }
  for (const double used : {-0.1, 1.1, none})
    EXPECT_THAT(message_of(sharing, {.min_used = used}), HasSubstr("min_used: "));
  EXPECT_EQ(message_of(automatic, {.sharing_size = 11, .storage_size = 10}),
            "sharing_size: 11 given, 0..10 (storage_size) allowed");
  EXPECT_EQ(message_of(static_cast<fn::binary_strategy>(4), {}), "strategy: 4 given, 0..3 allowed");
}

TEST_F(OptimizeBinary, each_allocation_refused_is_an_error_and_leaves_the_data) {
  const fn::binary data = of(lines(100'000));
  const fn::binary slice = data.slice(0, 1000).value();
  for (const auto strategy : {sharing, storage, transmission}) {
    const fn::binary& given = strategy == sharing ? slice : data;
    for (int n = 1;; ++n) {
      const long refused = probe.refused();
      probe.refuse_nth(n);
      const auto made = fn::optimize_binary(given, strategy);
      probe.refuse_nth(0);
      if (probe.refused() == refused) {
        EXPECT_TRUE(made);
        EXPECT_GE(n, strategy == sharing ? 2 : 5) << "context, its tables, the frame, the binary";
        break;
      }
      ASSERT_EQ(made, fn::errc::system_limit) << n;
      ASSERT_EQ(data, lines(100'000));
    }
  }
  const auto stored = fn::optimize_binary(data, storage).value();
  for (int n = 1;; ++n) {
    const long refused = probe.refused();
    probe.refuse_nth(n);
    const auto restored = fn::restore_binary(stored);
    probe.refuse_nth(0);
    if (probe.refused() == refused) {
      EXPECT_EQ(restored.value(), data);
      EXPECT_EQ(n, 3) << "context, buffer";
      break;
    }
    ASSERT_EQ(restored, fn::errc::system_limit) << n;
  }
}

TEST_F(OptimizeBinary, whatever_the_options_it_is_restored_byte_for_byte) {
  std::mt19937_64 random(7);
  const auto below = [&](std::size_t n) { return static_cast<std::size_t>(random() % n); };
  for (std::size_t i = 0; i != fn::testing::scaled(500, 50); ++i) {
    SCOPED_TRACE(i);
    const std::size_t size = below(2) == 0 ? below(200) : below(200'000);
    std::string text = below(2) == 0 ? lines(size) : noise(size, i);
    if (below(3) == 0) text += text.substr(0, below(text.size() + 1));
    const fn::binary data = of(text);
    const fn::optimize_options options{.sharing_size = below(1000),
                                       .storage_size = 1000 + below(100'000),
                                       .ratio = 0.05 + 0.95 * static_cast<double>(below(100)) / 100,
                                       .min_used = static_cast<double>(below(101)) / 100,
                                       .level = 1 + static_cast<int>(below(7))};
    const auto strategy = static_cast<fn::binary_strategy>(below(4));
    const std::size_t from = below(text.size() + 1);
    const auto made = fn::optimize_binary(data.slice(from).value(), strategy, options).value();
    ASSERT_EQ(made.size_before, text.size() - from);
    ASSERT_LE(made.size_after(), made.size_before);
    if (made.form == compressed) {
      ASSERT_LT(static_cast<double>(made.size_after()), options.ratio * static_cast<double>(made.size_before));
    }
    ASSERT_EQ(fn::restore_binary(made).value(), text.substr(from));
    ASSERT_EQ(data, text);
  }
}

TEST_F(OptimizeBinary, forms_and_encodings_have_names) {
  EXPECT_STREQ(fn::name(heap), "heap");
  EXPECT_STREQ(fn::name(refc), "refc");
  EXPECT_STREQ(fn::name(compressed), "compressed");
  EXPECT_STREQ(fn::name(transmission_ready), "transmission_ready");
  EXPECT_STREQ(fn::name(static_cast<fn::binary_form>(9)), "unknown");
  EXPECT_STREQ(fn::name(binary_encoding::plain), "plain");
  EXPECT_STREQ(fn::name(binary_encoding::zstd), "zstd");
  EXPECT_STREQ(fn::name(static_cast<binary_encoding>(9)), "unknown");
}

}  // namespace
