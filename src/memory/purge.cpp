// SPDX-License-Identifier: Apache-2.0
#include "memory/purge.hpp"

#include <dlfcn.h>
#include <malloc.h>

#include <cstring>

#include "memory/backing.hpp"

namespace foundation::memory {

namespace {

using collect_function = void (*)(bool force);

/// mimalloc's, of the library that our blocks are from; null where they are from another allocator.
collect_function collect() noexcept {
  static const collect_function found = []() noexcept -> collect_function {
    const backing_table& used = scoped_backing::original();
    Dl_info where{};
    if (std::strcmp(used.name, "mimalloc") != 0 || ::dladdr(reinterpret_cast<void*>(used.allocate), &where) == 0) return nullptr;
    void* const library = ::dlopen(where.dli_fname, RTLD_NOW | RTLD_LOCAL | RTLD_NOLOAD);  // is there already, and stays
    return library == nullptr ? nullptr : reinterpret_cast<collect_function>(::dlsym(library, "mi_collect"));
  }();
  return found;
}

}  // namespace

void purge_thread() noexcept {
  if (const collect_function of_mimalloc = collect()) of_mimalloc(true);
}

void purge_program() noexcept {
  purge_thread();
#if defined(__GLIBC__)
  static_cast<void>(::malloc_trim(0));
#endif
}

}  // namespace foundation::memory
