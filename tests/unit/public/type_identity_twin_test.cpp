// SPDX-License-Identifier: Apache-2.0
/// The second translation unit of type_identity_test.cpp: the same names, and other types behind the private ones.
#include <gtest/gtest.h>

#include <foundation/detail/type_identity.hpp>

#include "support/type_plugin.hpp"

foundation_test::type_infos foundation_test::type_infos_of_twin() { return type_infos_here(); }

namespace {

TEST(type_identity, a_private_type_is_itself_within_its_own_translation_unit) {
  using foundation::detail::same_type;
  const auto twin = foundation_test::type_infos_of_twin();
  EXPECT_TRUE(same_type(typeid(foundation_test::private_message), *twin.private_message));
}

}  // namespace
