// SPDX-License-Identifier: Apache-2.0
#include "memory/backing.hpp"

#include <dlfcn.h>

#include <cstdlib>
#include <cstring>

#include "memory/poison.hpp"
#include "os/os.hpp"

namespace foundation::memory {

namespace {

constexpr backing_table malloc_table{
    .allocate = [](std::size_t bytes) noexcept -> void* { return std::malloc(bytes); },
    .deallocate = [](void* block) noexcept { std::free(block); },
    .name = "malloc",
};

/// Valgrind preloads its own malloc and sees no other allocator's blocks.
bool under_valgrind() noexcept {
  const char* preloaded = std::getenv("LD_PRELOAD");
  return preloaded != nullptr && std::strstr(preloaded, "vgpreload_") != nullptr;
}

bool malloc_wanted() noexcept {
#if defined(FOUNDATION_BACKING_MALLOC)
  return true;
#else
  return os::building_with_asan || os::building_with_tsan || under_valgrind();
#endif
}

/// Fills `table` from a privately loaded mimalloc: local, so that nobody's malloc resolves to it.
bool load_mimalloc(backing_table& table) noexcept {
  for (const char* name : {"libmimalloc.so.2", "libmimalloc.so.2.0", "libmimalloc.so.3", "libmimalloc.so"}) {
    void* library = ::dlopen(name, RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) continue;
    void* allocate = ::dlsym(library, "mi_malloc");
    void* deallocate = ::dlsym(library, "mi_free");
    if (allocate != nullptr && deallocate != nullptr) {
      table.allocate = reinterpret_cast<void* (*)(std::size_t) noexcept>(allocate);
      table.deallocate = reinterpret_cast<void (*)(void*) noexcept>(deallocate);
      table.name = "mimalloc";
      return true;
    }
    ::dlclose(library);
  }
  return false;
}

/// The allocator of this program, chosen at the first call and never changed (M1).
const backing_table& real_table() noexcept {
  static const backing_table chosen = []() noexcept {
    backing_table table = malloc_table;
    if (!malloc_wanted()) static_cast<void>(load_mimalloc(table));
    return table;
  }();
  static const backing_table& used = base::hostile ? poisoned(chosen) : chosen;
  return used;
}

extern const backing_table loading;

/// Takes `loading` out of the way, unless a test's table stands there.
const backing_table& load() noexcept {
  const backing_table& real = real_table();
  const backing_table* expected = &loading;
  // release: publishes the table to the acquire of `allocate`; failure needs nothing, the value is not used
  detail::active_backing.compare_exchange_strong(expected, &real, sync::memory_order_release,
                                                 sync::memory_order_relaxed);
  return real;
}

/// What stands there before the first call.
constinit const backing_table loading{
    .allocate = [](std::size_t bytes) noexcept -> void* { return load().allocate(bytes); },
    .deallocate = [](void* block) noexcept { load().deallocate(block); },
    .name = "loading",
};

}  // namespace

namespace detail {
constinit sync::atomic<const backing_table*> active_backing{&loading};
}  // namespace detail

const char* backing_name() noexcept {
  static_cast<void>(load());
  return detail::active_backing.load(sync::memory_order_acquire)->name;
}

scoped_backing::scoped_backing(const backing_table& front) noexcept
    : previous_(detail::active_backing.exchange(&front, sync::memory_order_acq_rel)) {}

scoped_backing::~scoped_backing() { detail::active_backing.store(previous_, sync::memory_order_release); }

const backing_table& scoped_backing::original() noexcept { return real_table(); }

}  // namespace foundation::memory
