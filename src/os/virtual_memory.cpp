// SPDX-License-Identifier: Apache-2.0
#include "os/virtual_memory.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "base/base.hpp"

namespace foundation::os {

namespace {

// Linux 6.13; the C library's headers may be older than the kernel that runs.
constexpr int advice_guard_install = 102;
constexpr int advice_guard_remove = 103;

constexpr memory_calls real_calls{
    .mmap = ::mmap,
    .munmap = ::munmap,
    .madvise = ::madvise,
    .mprotect = ::mprotect,
};

/// Written by `scoped_memory_calls` only (release: the table's fields); read by every call (acquire).
constinit sync::atomic<const memory_calls*> active{&real_calls};

const memory_calls& calls() noexcept { return *active.load(sync::memory_order_acquire); }

bool probe_guard_install() noexcept {
  const std::size_t page = page_size();
  void* at = ::mmap(nullptr, page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (at == MAP_FAILED) return false;
  const bool known = ::madvise(at, page, advice_guard_install) == 0;
  ::munmap(at, page);
  return known;
}

/// The beginning of a file, as a text; false where it cannot be read.
template <std::size_t N>
bool read_text(const char* path, char (&text)[N]) noexcept {
  const int file = ::open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return false;
  const auto length = ::read(file, text, N - 1);
  ::close(file);
  text[length > 0 ? length : 0] = '\0';
  return length > 0;
}

std::size_t read_max_map_count() noexcept {
  constexpr std::size_t kernel_default = 65530;
  char text[24];
  const auto value = read_text("/proc/sys/vm/max_map_count", text) ? std::strtoull(text, nullptr, 10) : 0;
  return value > 0 ? static_cast<std::size_t>(value) : kernel_default;
}

}  // namespace

const memory_calls& system_memory_calls() noexcept { return real_calls; }

scoped_memory_calls::scoped_memory_calls(const memory_calls& replacement) noexcept
    : previous_(active.exchange(&replacement, sync::memory_order_acq_rel)) {}

scoped_memory_calls::~scoped_memory_calls() { active.store(previous_, sync::memory_order_release); }

std::size_t page_size() noexcept {
  static const auto size = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  return size;
}

void* reserve(std::size_t bytes) noexcept {
  void* at = calls().mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (at == MAP_FAILED) return nullptr;
  // Refused where the kernel has no huge pages at all: then there is nothing to avoid.
  static_cast<void>(calls().madvise(at, bytes, MADV_NOHUGEPAGE));
  return at;
}

void release(void* at, std::size_t bytes) noexcept {
  // Refused only when cutting a hole would exceed the map count. The range then stays reserved; its pages go.
  if (calls().munmap(at, bytes) != 0) discard(at, bytes);
}

void discard(void* at, std::size_t bytes) noexcept {
  if (bytes != 0) static_cast<void>(calls().madvise(at, bytes, MADV_DONTNEED));
}

std::size_t resident_bytes(const void* at, std::size_t bytes) noexcept {
  constexpr std::size_t pages_at_once = 256;
  unsigned char in_core[pages_at_once];
  const std::size_t page = page_size();
  auto* const begin = static_cast<std::byte*>(const_cast<void*>(at));  // NOLINT: mincore's parameter, which it does not write to
  std::size_t resident = 0;
  for (std::size_t done = 0; done < bytes; done += pages_at_once * page) {
    const std::size_t piece = std::min(bytes - done, pages_at_once * page);
    if (::mincore(begin + done, piece, in_core) != 0) return resident;
    resident += page * static_cast<std::size_t>(std::count_if(in_core, in_core + piece / page, [](unsigned char c) { return (c & 1) != 0; }));
  }
  return resident;
}

std::size_t program_resident_bytes() noexcept {
  char text[64];
  if (!read_text("/proc/self/statm", text)) return 0;
  char* after_total = nullptr;
  static_cast<void>(std::strtoull(text, &after_total, 10));
  return static_cast<std::size_t>(std::strtoull(after_total, nullptr, 10)) * page_size();
}

bool protect_none(void* at, std::size_t bytes) noexcept { return calls().mprotect(at, bytes, PROT_NONE) == 0; }

bool unprotect(void* at, std::size_t bytes) noexcept {
  return calls().mprotect(at, bytes, PROT_READ | PROT_WRITE) == 0;
}

bool guard_install(void* at, std::size_t bytes) noexcept {
  return calls().madvise(at, bytes, advice_guard_install) == 0;
}

bool guard_remove(void* at, std::size_t bytes) noexcept { return calls().madvise(at, bytes, advice_guard_remove) == 0; }

bool guard_install_supported() noexcept {
  static const bool supported = probe_guard_install();
  return supported;
}

std::size_t max_map_count() noexcept {
  static const std::size_t count = read_max_map_count();
  return count;
}

}  // namespace foundation::os
