// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Having the general allocator give back what it keeps.
///
///   purge_thread()    any thread   what it keeps for the calling thread
///   purge_program()   any thread   what it keeps for all, and what malloc does: others' allocations wait meanwhile
namespace foundation::memory {

void purge_thread() noexcept;
void purge_program() noexcept;

}  // namespace foundation::memory
