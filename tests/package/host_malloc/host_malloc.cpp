// SPDX-License-Identifier: Apache-2.0
// The host's program stays the host's: with a runtime running, in the whole program `malloc` and `free` are still the C
// library's, and `operator new` and `operator delete` the C++ library's.
#include <dlfcn.h>
#include <foundation/foundation.hpp>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>

namespace fn = foundation;

namespace {

int failures = 0;

// Looked up by name in the global scope, as every shared object's calls are resolved.
void expect_from(const char* library, const char* symbol) {
  void* address = dlsym(RTLD_DEFAULT, symbol);
  Dl_info info{};
  const char* file = address != nullptr && dladdr(address, &info) != 0 ? info.dli_fname : "(not found)";
  const char* name = std::strrchr(file, '/');
  name = name == nullptr ? file : name + 1;
  const bool as_expected = std::strncmp(name, library, std::strlen(library)) == 0;
  std::printf("%-28s %s%s\n", symbol, file, as_expected ? "" : "   <- not the host's");
  if (!as_expected) ++failures;
}

}  // namespace

int main() {
  auto rt = fn::runtime::create({});
  if (!rt) return 1;
  if (!fn::spawn(rt.value(), [](fn::process&) {})) return 2;

  for (const char* symbol : {"malloc", "calloc", "realloc", "free", "aligned_alloc", "posix_memalign"})
    expect_from("libc.so", symbol);
  for (const char* symbol : {"_Znwm", "_Znam", "_ZdlPv", "_ZdlPvm", "_ZnwmSt11align_val_t", "_ZdaPv"})
    expect_from("libstdc++.so", symbol);

  return failures == 0 ? 0 : 3;
}
