// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <exception>
#include <stdexcept>
#include <string>

#include "os/os.hpp"

namespace foundation::os {
namespace {

std::string current_text() {
  try {
    throw;
  } catch (const std::exception& e) {
    return e.what();
  }
}

TEST(ExceptionState, a_fiber_in_a_handler_keeps_its_exception_while_another_one_handles_its_own) {
  exception_state first;
  const exception_state fresh;
  try {
    throw std::runtime_error("of the first");
  } catch (...) {
    swap_exception_state(first, fresh);  // the second fiber begins
    EXPECT_EQ(std::current_exception(), nullptr);
    exception_state second;
    try {
      throw std::runtime_error("of the second");
    } catch (...) {
      swap_exception_state(second, first);  // and is left within its handler
      EXPECT_EQ(current_text(), "of the first");
      swap_exception_state(first, second);
      EXPECT_EQ(current_text(), "of the second");
    }
    EXPECT_EQ(std::current_exception(), nullptr);
    swap_exception_state(second, first);
    EXPECT_EQ(current_text(), "of the first");
  }
  EXPECT_EQ(std::current_exception(), nullptr);
}

TEST(ExceptionState, the_count_of_uncaught_exceptions_goes_with_the_fiber) {
  struct switches_while_unwinding {
    ~switches_while_unwinding() {
      EXPECT_EQ(std::uncaught_exceptions(), 1);
      exception_state saved;
      swap_exception_state(saved, exception_state{});
      EXPECT_EQ(std::uncaught_exceptions(), 0);
      swap_exception_state(saved, saved);
      EXPECT_EQ(std::uncaught_exceptions(), 1);
    }
  };
  try {
    const switches_while_unwinding object;
    throw 1;
  } catch (int) {
  }
  EXPECT_EQ(std::uncaught_exceptions(), 0);
}

}  // namespace
}  // namespace foundation::os
