// SPDX-License-Identifier: Apache-2.0
/// What `foundation::count_new` calls: the global operators new and delete, linked in front of the C++ library's.
#pragma once

#include <cstddef>

#include <foundation/export.hpp>

namespace foundation::inline v0::detail {

class heap_account;

/// The calling process has so many bytes more from `operator new`. @returns whose they are; null: nobody's, since no process
/// is calling, or memory for the account was refused. Any thread.
[[nodiscard]] FOUNDATION_API heap_account* charge_heap(std::size_t bytes) noexcept;

/// They are freed. Any thread, also when the process is gone.
FOUNDATION_API void discharge_heap(heap_account& whose, std::size_t bytes) noexcept;

}  // namespace foundation::inline v0::detail
