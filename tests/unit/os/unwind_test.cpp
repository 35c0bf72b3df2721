// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cstdlib>
#include <functional>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <variant>
#include <vector>

#include "os/os.hpp"

// Whether an exception reaches the entry is asked from inside each kind of frame; where the answer is yes, one is
// thrown and must arrive. (Where it is no, it would end the program: a death test for two of them shows that no is
// right.)

namespace foundation::os {
namespace {

struct exit_signal {};

using body = void (*)();
body running = nullptr;
bool answer = false;
bool throw_it = false;

[[gnu::noinline]] void entry() {
  try {
    running();
  } catch (const exit_signal&) {
  }
  asm volatile("");
}

/// What a wait does: asks, and throws if it may.
[[gnu::noinline]] void wait_here() {
  answer = can_unwind_to(reinterpret_cast<void*>(&entry));
  if (answer || throw_it) throw exit_signal{};
  asm volatile("");
}

bool passes(body b) {
  running = b;
  answer = false;
  entry();
  return answer;
}

/// Opaque to the compiler, so that it cannot leave a frame's cleanup out.
struct watched {
  [[gnu::noinline]] watched() { asm volatile(""); }
  [[gnu::noinline]] ~watched() { asm volatile(""); }
};

[[gnu::noinline]] void plain() {
  wait_here();
  asm volatile("");
}
[[gnu::noinline]] void with_destructor() {
  const watched w;
  wait_here();
}
[[gnu::noinline]] void with_library_destructors() {
  const std::string text(100, 'x');
  const auto shared = std::make_shared<std::vector<std::string>>(3, text);
  const std::map<int, std::string>* none = nullptr;
  asm volatile("" : : "r"(&text), "r"(&shared), "r"(none) : "memory");
  wait_here();
}
[[gnu::noinline]] void catches_all_and_goes_on() {
  try {
    wait_here();
  } catch (...) {
    asm volatile("");
  }
}
[[gnu::noinline]] void catches_all_and_throws_on() {
  const watched w;
  try {
    const watched inner;
    wait_here();
  } catch (...) {
    asm volatile("");
    throw;
  }
}
[[gnu::noinline]] void catches_another_type() {
  const watched w;
  try {
    wait_here();
  } catch (const std::exception&) {
    std::abort();
  } catch (int) {
    std::abort();
  }
}
[[gnu::noinline]] void is_noexcept() noexcept {
  wait_here();
  asm volatile("");
}
[[gnu::noinline]] void is_noexcept_with_destructor() noexcept {
  const watched w;
  wait_here();
}
[[gnu::noinline]] void is_noexcept_and_catches_another_type() noexcept {
  const watched w;
  try {
    const watched inner;
    wait_here();
  } catch (int) {
    asm volatile("");
  }
}
[[gnu::noinline]] void is_noexcept_and_catches_all() noexcept {
  const watched w;
  try {
    const watched inner;
    wait_here();
  } catch (...) {
    asm volatile("");
  }
}
struct waits_in_destructor {
  [[gnu::noinline]] ~waits_in_destructor() {
    wait_here();
    asm volatile("");
  }
};
[[gnu::noinline]] void runs_a_destructor_that_waits() {
  const waits_in_destructor w;
  asm volatile("");
}
[[gnu::noinline]] void through_a_std_function() {
  const watched w;
  const std::function<void(const std::string&)> f = [](const std::string&) { wait_here(); };
  f("text");
}
extern "C" int compare_that_waits(const void*, const void*) {
  wait_here();
  return 0;
}
[[gnu::noinline]] void through_a_c_function() {
  int numbers[2] = {2, 1};
  std::qsort(numbers, 2, sizeof numbers[0], compare_that_waits);
  asm volatile("");
}
[[gnu::noinline]] void through_a_noexcept_deep_down() {
  const watched w;
  is_noexcept_with_destructor();
}

TEST(Unwind, passes_a_plain_frame) { EXPECT_TRUE(passes(plain)); }
TEST(Unwind, passes_destructors_at_scope_exit) { EXPECT_TRUE(passes(with_destructor)); }
TEST(Unwind, passes_destructors_of_the_standard_library) { EXPECT_TRUE(passes(with_library_destructors)); }
TEST(Unwind, passes_a_catch_all_that_swallows) { EXPECT_TRUE(passes(catches_all_and_goes_on)); }
TEST(Unwind, passes_a_catch_all_that_throws_on) { EXPECT_TRUE(passes(catches_all_and_throws_on)); }
TEST(Unwind, passes_handlers_of_other_types) { EXPECT_TRUE(passes(catches_another_type)); }
TEST(Unwind, passes_a_noexcept_function_that_catches_everything_inside) {
  EXPECT_TRUE(passes(is_noexcept_and_catches_all));
}
TEST(Unwind, passes_a_std_function) { EXPECT_TRUE(passes(through_a_std_function)); }
TEST(Unwind, passes_a_c_function_without_an_exception_table) { EXPECT_TRUE(passes(through_a_c_function)); }

TEST(Unwind, stops_at_a_noexcept_function) { EXPECT_FALSE(passes(is_noexcept)); }
TEST(Unwind, stops_at_a_noexcept_function_with_destructors) { EXPECT_FALSE(passes(is_noexcept_with_destructor)); }
TEST(Unwind, stops_at_a_noexcept_function_with_a_handler_of_another_type) {
  EXPECT_FALSE(passes(is_noexcept_and_catches_another_type));
}
TEST(Unwind, stops_at_a_destructor_that_waits) { EXPECT_FALSE(passes(runs_a_destructor_that_waits)); }
TEST(Unwind, stops_at_a_noexcept_function_further_down) { EXPECT_FALSE(passes(through_a_noexcept_deep_down)); }

TEST(Unwind, answers_no_when_the_entry_is_not_on_the_stack) {
  EXPECT_FALSE(can_unwind_to(reinterpret_cast<void*>(&entry)));
}

using UnwindDeathTest = ::testing::Test;

TEST(UnwindDeathTest, what_it_stops_at_would_have_ended_the_program) {
  for (const body b : std::initializer_list<body>{is_noexcept, is_noexcept_with_destructor,
                                                  is_noexcept_and_catches_another_type, runs_a_destructor_that_waits}) {
    EXPECT_DEATH(
        {
          throw_it = true;
          passes(b);
        },
        "");
  }
}

}  // namespace
}  // namespace foundation::os
