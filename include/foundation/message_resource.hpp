// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory_resource>

#include <foundation/export.hpp>

namespace foundation::inline v0 {

/// The memory of what is on its way between processes: the allocator behind the runtime, as a resource for std::pmr.
///
///     std::pmr::vector<int> rows(fn::message_resource());   // sent, it is moved and not copied
///     fn::send(worker, std::move(rows));
///
/// One for the whole program, without a state of its own; what it gave out may be freed on any thread, and after every
/// runtime is gone. Equal only to itself. Any thread, no lock of its own. Where memory is refused, allocating throws
/// std::bad_alloc, as std::pmr asks for; alignments above 16 cost that many bytes more.
/// Semantics: std::pmr::memory_resource.
[[nodiscard]] FOUNDATION_API std::pmr::memory_resource* message_resource() noexcept;

}  // namespace foundation::inline v0
