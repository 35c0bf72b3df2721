// SPDX-License-Identifier: Apache-2.0
/// What the type identity test and its plugin share. The plugin (type_plugin.cpp) is a shared object built with hidden
/// visibility and opened at run time with RTLD_LOCAL.
#pragma once

#include <typeinfo>

namespace foundation_test {

/// Defined in a header that host and plugin both include: one type, though each has its own type_info.
struct shared_message {
  int value;
};

template <typename T>
struct shared_envelope {
  T value;
};

namespace {
/// Each translation unit that includes this has a type of its own by this name.
struct private_message {
  int value;
};
}  // namespace

/// The type_info objects of one shared object or translation unit.
struct type_infos {
  const std::type_info* shared_message;
  const std::type_info* shared_envelope_of_shared;
  const std::type_info* private_message;
  const std::type_info* shared_envelope_of_private;
  const std::type_info* local_of_static_function;
  const std::type_info* integer;
};

}  // namespace foundation_test

namespace foundation_test_local {
// A static function of one name in each translation unit, each with its own local type.
[[maybe_unused]] static const std::type_info& local_type() {
  struct local_message {
    int value;
  };
  return typeid(local_message);
}
}  // namespace foundation_test_local

namespace foundation_test {

/// Of the translation unit that calls it.
[[maybe_unused]] static type_infos type_infos_here() {
  return {&typeid(shared_message),
          &typeid(shared_envelope<shared_message>),
          &typeid(private_message),
          &typeid(shared_envelope<private_message>),
          &foundation_test_local::local_type(),
          &typeid(int)};
}

/// What the plugin exports.
using plugin_types_function = type_infos();
inline constexpr const char* plugin_types_symbol = "foundation_type_plugin_types";

/// Of the other translation unit of this test (type_identity_twin_test.cpp).
type_infos type_infos_of_twin();

}  // namespace foundation_test
