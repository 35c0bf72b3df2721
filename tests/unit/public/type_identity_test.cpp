// SPDX-License-Identifier: Apache-2.0
#include <dlfcn.h>
#include <gtest/gtest.h>

#include <cstring>

#include <foundation/detail/type_identity.hpp>
#include <foundation/exit_reason.hpp>

#include "support/type_plugin.hpp"

namespace {

using foundation::detail::same_type;
using foundation_test::type_infos;

/// What must hold between two translation units, in one shared object or in two.
void expect_shared_types_match_and_private_ones_do_not(const type_infos& a, const type_infos& b) {
  EXPECT_TRUE(same_type(*a.shared_message, *b.shared_message));
  EXPECT_TRUE(same_type(*a.shared_envelope_of_shared, *b.shared_envelope_of_shared));
  EXPECT_TRUE(same_type(*a.integer, *b.integer));

  EXPECT_STREQ(a.private_message->name(), b.private_message->name()) << "the test is about types of one name";
  EXPECT_FALSE(same_type(*a.private_message, *b.private_message));
  EXPECT_FALSE(same_type(*a.shared_envelope_of_private, *b.shared_envelope_of_private));
  EXPECT_FALSE(same_type(*a.local_of_static_function, *b.local_of_static_function));
}

TEST(type_identity, each_type_is_itself_and_no_other) {
  const type_infos types = foundation_test::type_infos_here();
  const std::type_info* all[] = {types.shared_message,           types.shared_envelope_of_shared,
                                 types.private_message,          types.shared_envelope_of_private,
                                 types.local_of_static_function, types.integer};
  for (const std::type_info* a : all) {
    for (const std::type_info* b : all) EXPECT_EQ(same_type(*a, *b), a == b);
  }
}

TEST(type_identity, private_types_of_one_name_in_two_translation_units_differ) {
  expect_shared_types_match_and_private_ones_do_not(foundation_test::type_infos_here(),
                                                    foundation_test::type_infos_of_twin());
}

TEST(type_identity, a_hidden_visibility_plugin_shares_the_types_it_has_in_common_with_its_host) {
#if defined(FOUNDATION_TYPE_PLUGIN)
  void* plugin = ::dlopen(FOUNDATION_TYPE_PLUGIN, RTLD_NOW | RTLD_LOCAL);
  ASSERT_NE(plugin, nullptr) << ::dlerror();
  auto* types =
      reinterpret_cast<foundation_test::plugin_types_function*>(::dlsym(plugin, foundation_test::plugin_types_symbol));
  ASSERT_NE(types, nullptr) << ::dlerror();
  const type_infos theirs = types();
  const type_infos ours = foundation_test::type_infos_here();
  EXPECT_NE(ours.shared_message, theirs.shared_message) << "the test is about two type_info objects of one type";
  expect_shared_types_match_and_private_ones_do_not(ours, theirs);
  ::dlclose(plugin);
#else
  GTEST_FAIL()
      << "built without FOUNDATION_TYPE_PLUGIN, the path of the plugin made from tests/support/type_plugin.cpp";
#endif
}

}  // namespace
