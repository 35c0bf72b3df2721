// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstddef>

/// Address space: reserving it large, touching it small, and guarding it.
///
///   page_size()                    bytes a page                            constant
///   reserve(bytes)                 address space, zero when touched        nullptr when refused
///   release(at, bytes)             give it back
///   discard(at, bytes)             give back the pages; they read zero     guards inside stay
///   resident_bytes(at, bytes)      how much of it has a page               microseconds
///   program_resident_bytes()       the same of the whole program           0 when it cannot be read
///   protect_none / unprotect       a touch faults / works again            false when refused; splits the mapping
///   guard_install / guard_remove   the same without splitting a mapping    false when refused (Linux 6.13+)
///
/// Addresses and sizes are multiples of the page size. All functions may be called by any thread.
namespace foundation::os {

/// The system calls this file makes, as a table: the fault-injection seam.
///
/// A test installs a copy whose members refuse the n-th call (`scoped_memory_calls`), so that every path that handles
/// a refusal can be walked. Members have the signature and the results of the calls they are named after.
struct memory_calls {
  void* (*mmap)(void*, std::size_t, int, int, int, off_t) noexcept;
  int (*munmap)(void*, std::size_t) noexcept;
  int (*madvise)(void*, std::size_t, int) noexcept;
  int (*mprotect)(void*, std::size_t, int) noexcept;
};

/// The table of the real calls, for a replacement to forward to.
[[nodiscard]] const memory_calls& system_memory_calls() noexcept;

/// Replaces the table for a scope. For tests: one at a time, while no other thread is in this file.
class scoped_memory_calls {
 public:
  explicit scoped_memory_calls(const memory_calls& replacement) noexcept;
  ~scoped_memory_calls();
  scoped_memory_calls(const scoped_memory_calls&) = delete;
  scoped_memory_calls& operator=(const scoped_memory_calls&) = delete;

 private:
  const memory_calls* previous_;
};

[[nodiscard]] std::size_t page_size() noexcept;

/// Address space that reads zero and gets a page where it is first written; never huge pages, which would make one
/// touched byte cost 2 MiB. @returns nullptr when the system refuses
[[nodiscard]] void* reserve(std::size_t bytes) noexcept;

/// Unmaps what `reserve` gave, whole or in part.
void release(void* at, std::size_t bytes) noexcept;

/// Gives the pages of a range back; it reads zero again when next touched. Guards in the range stay.
void discard(void* at, std::size_t bytes) noexcept;

/// Bytes of the range that have a page; none where it is not mapped.
[[nodiscard]] std::size_t resident_bytes(const void* at, std::size_t bytes) noexcept;

/// Bytes of the whole program that have a page; 0 where that cannot be read.
[[nodiscard]] std::size_t program_resident_bytes() noexcept;

/// Makes a touch of the range fault, at the price of up to two more mappings. @returns false when refused
[[nodiscard]] bool protect_none(void* at, std::size_t bytes) noexcept;

/// Undoes `protect_none`. @returns false when refused
[[nodiscard]] bool unprotect(void* at, std::size_t bytes) noexcept;

/// Makes a touch of the range fault without another mapping, and drops its pages. @returns false when refused or
/// unknown
[[nodiscard]] bool guard_install(void* at, std::size_t bytes) noexcept;

/// Undoes `guard_install`. @returns false when refused or unknown
[[nodiscard]] bool guard_remove(void* at, std::size_t bytes) noexcept;

/// Whether the kernel knows `guard_install`: tried once on a page of its own, with the real calls.
[[nodiscard]] bool guard_install_supported() noexcept;

/// How many mappings the system lets this program have (vm.max_map_count, 65530 where it cannot be read).
[[nodiscard]] std::size_t max_map_count() noexcept;

}  // namespace foundation::os
