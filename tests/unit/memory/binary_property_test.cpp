// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include <foundation/binary.hpp>

#include "support/backing_probe.hpp"
#include "support/scale.hpp"

namespace foundation::memory {
namespace {

/// Binaries and what each of them has to say: all of them are looked at after each step, since none may change by what is
/// done to another.
class checked_binaries {
 public:
  checked_binaries(std::uint64_t seed, testing::backing_probe& probe) : random_(seed), probe_(probe) {}

  void step() {
    if (all_.size() < 2) return add();
    const bool refused = below(10) == 0;
    if (refused) probe_.refuse_nth(1);
    each& one = any();
    switch (below(10)) {
      case 0: return add();
      case 1: return drop();
      case 2: return copy(one);
      case 3: return slice(one);
      case 4:
      case 5: return append(one, random_text());
      case 6: return append_other(one);
      case 7: return compact(one);
      case 8: return swap(one);
      default: return assign(one);
    }
  }

  void check() {
    probe_.refuse_nth(0);
    for (const each& e : all_) {
      ASSERT_EQ(e.real.text(), e.model);
      ASSERT_EQ(e.real.is_inline(), e.model.size() < 64);
      ASSERT_GE(e.real.buffer_size(), e.model.size());
    }
    const each& a = any();
    const each& b = any();
    ASSERT_EQ(a.real == b.real, a.model == b.model);
    ASSERT_EQ(a.real < b.real, a.model < b.model);
  }

 private:
  struct each {
    binary real;
    std::string model;
  };

  std::size_t below(std::size_t n) { return random_() % n; }
  each& any() { return all_[below(all_.size())]; }
  std::string random_text() {
    static constexpr std::size_t most[] = {4, 70, 70, 300, 2000};
    std::string out(below(most[below(std::size(most))]), '\0');
    for (char& c : out) c = static_cast<char>(random_());
    return out;
  }

  void keep(result<binary> made, std::string model) {
    if (made) {
      all_.push_back({*std::move(made), std::move(model)});
    } else {
      ASSERT_EQ(made, errc::system_limit);
    }
  }
  void add() {
    std::string text = random_text();
    if (below(2) == 0) return keep(binary::copy(text), text);
    std::string given = text;
    if (below(2) == 0) given.reserve(given.size() * (1 + below(4)));
    keep(binary::take(std::move(given)), text);
  }
  void drop() { all_.erase(all_.begin() + static_cast<std::ptrdiff_t>(below(all_.size()))); }
  void copy(const each& one) {
    each made = one;
    if (all_.size() < 24) all_.push_back(std::move(made));
  }
  void slice(const each& one) {
    const std::size_t from = below(one.model.size() + 1);
    const std::size_t count = below(2) == 0 ? one.model.size() - from : below(one.model.size() - from + 1);
    keep(one.real.slice(from, count), one.model.substr(from, count));
  }
  void append(each& one, const std::string& more) {
    if (one.model.size() > 20'000) return;
    const auto done = one.real.append(more);
    if (done) one.model += more;
    else ASSERT_EQ(done, errc::system_limit);
  }
  void append_other(each& one) {
    const each& other = any();
    if (one.model.size() + other.model.size() > 20'000) return;
    const std::string more = other.model;
    const auto done = one.real.append(other.real);
    if (done) one.model += more;
    else ASSERT_EQ(done, errc::system_limit);
  }
  void compact(each& one) {
    const auto done = one.real.compact();
    if (done) ASSERT_EQ(one.real.buffer_size(), one.model.size());
    else ASSERT_EQ(done, errc::system_limit);
  }
  void swap(each& one) {
    each& other = any();
    one.real.swap(other.real);
    one.model.swap(other.model);
  }
  void assign(each& one) {
    each& other = any();
    if (&other == &one || below(2) == 0) {
      one = other;
    } else {
      one = std::move(other);
      other.model.clear();
    }
  }

  std::mt19937_64 random_;
  testing::backing_probe& probe_;
  std::vector<each> all_;
};

TEST(BinaryProperty, behaves_like_a_string_for_any_sequence_of_operations_whoever_shares_its_buffer) {
  for (std::uint64_t seed = 1; seed <= testing::scaled(300, 30); ++seed) {
    SCOPED_TRACE(::testing::Message() << "seed " << seed);
    testing::backing_probe probe;
    const auto before = binary_statistics();
    {
      checked_binaries binaries(seed, probe);
      for (int i = 0; i != 500; ++i) {
        binaries.step();
        if (::testing::Test::HasFatalFailure()) return;
        if (i > 2) binaries.check();
        if (::testing::Test::HasFatalFailure()) return;
      }
    }
    ASSERT_EQ(probe.live(), 0);
    ASSERT_EQ(binary_statistics().buffers, before.buffers);
    ASSERT_EQ(binary_statistics().bytes, before.bytes);
  }
}

}  // namespace
}  // namespace foundation::memory
