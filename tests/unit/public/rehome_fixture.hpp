// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <memory_resource>
#include <new>
#include <type_traits>
#include <utility>

#include <foundation/detail/rehome.hpp>

#include "support/backing_probe.hpp"
#include "support/doomed_arena.hpp"

namespace foundation::testing {

/// `make(resource)` makes a value with memory of that resource. Each of these makes it anew, has the arena it came from
/// overwritten, and looks at what is there.
template <typename Make>
class rehoming {
 public:
  using value_type = std::invoke_result_t<Make&, std::pmr::memory_resource*>;

  explicit rehoming(Make make) : make_(std::move(make)) {
    EXPECT_TRUE(detail::needs_rehoming<value_type>);
    EXPECT_TRUE(detail::self_contained<value_type>);
  }

  /// `same(made, expected)`: whether they are equal.
  template <typename Same>
  void of_an_rvalue(Same same) {
    const backing_probe probe;
    {
      const value_type expected = make_(std::pmr::new_delete_resource());
      std::unique_ptr<value_type> made;  // no move more than there is in a message
      {
        doomed_arena arena;
        value_type value = make_(&arena);
        EXPECT_GT(arena.made(), 0u) << "nothing is tested";
        const std::size_t before = arena.made();
        const no_default_resource none;
        made.reset(new value_type(detail::rehome<value_type>(std::move(value))));
        EXPECT_EQ(arena.made(), before) << "no copy on the way";
      }
      EXPECT_TRUE(same(*made, expected));
      EXPECT_GT(probe.live(), 0);
    }
    EXPECT_EQ(probe.live(), 0);
  }

  template <typename Same>
  void of_an_lvalue(Same same) {
    const backing_probe probe;
    {
      const value_type expected = make_(std::pmr::new_delete_resource());
      std::unique_ptr<value_type> made;  // no move more than there is in a message
      {
        doomed_arena arena;
        const value_type value = make_(&arena);
        const no_default_resource none;
        made.reset(new value_type(detail::rehome<value_type>(value)));
        EXPECT_TRUE(same(value, expected)) << "it is only read";
      }
      EXPECT_TRUE(same(*made, expected));
    }
    EXPECT_EQ(probe.live(), 0);
  }

  /// Refuses each of the allocations once. @returns how many there are
  int refused() {
    for (int n = 1;; ++n) {
      backing_probe probe;
      doomed_arena arena;
      value_type value = make_(&arena);
      probe.refuse_nth(n);
      try {
        const value_type made = detail::rehome<value_type>(std::move(value));
        return n - 1;
      } catch (const std::bad_alloc&) {
        EXPECT_EQ(probe.refused(), 1);
        EXPECT_EQ(probe.live(), 0) << "refused at " << n;
      }
    }
  }

 private:
  Make make_;
};

/// All of it, for a value with `==` that can be copied.
template <typename Make>
void expect_rehomed(Make make) {
  const auto same = [](const auto& a, const auto& b) { return a == b; };
  rehoming test(make);
  test.of_an_rvalue(same);
  test.of_an_lvalue(same);
  EXPECT_GT(test.refused(), 0);
}

/// The same for one that cannot be copied.
template <typename Make, typename Same>
void expect_moved_home(Make make, Same same) {
  rehoming test(make);
  test.of_an_rvalue(same);
  EXPECT_GT(test.refused(), 0);
}

}  // namespace foundation::testing
