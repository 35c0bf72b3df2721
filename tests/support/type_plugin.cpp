// SPDX-License-Identifier: Apache-2.0
/// A plugin for the type identity test: its own type_info objects of types the host has as well. Built as a MODULE with
/// -fvisibility=hidden -fvisibility-inlines-hidden, linked to nothing of ours; its path is given to the test as the
/// macro FOUNDATION_TYPE_PLUGIN.
#include "support/type_plugin.hpp"

extern "C" [[gnu::visibility("default")]] foundation_test::type_infos foundation_type_plugin_types() {
  return foundation_test::type_infos_here();
}
