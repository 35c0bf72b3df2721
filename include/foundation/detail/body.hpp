// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <typeinfo>

#include <foundation/detail/envelope.hpp>

namespace foundation::inline v0::detail {

/// What a process executes: the object that spawn constructed behind its control block, seen without its type.
struct body_ops {
  /// A function process: its whole life. Null for a handler.
  void (*run)(void* body, process& self);
  /// A handler: one turn. False when it has no handler for the message's type. Null for a function process.
  bool (*handle)(void* body, process& self, envelope& message);
  void (*destroy)(void* body) noexcept;
  const std::type_info* type;
};

}  // namespace foundation::inline v0::detail
