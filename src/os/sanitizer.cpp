// SPDX-License-Identifier: Apache-2.0
#include "os/sanitizer.hpp"

#if defined(FOUNDATION_ASAN)
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif

#if defined(FOUNDATION_TSAN)
extern "C" {
void* __tsan_get_current_fiber();
void* __tsan_create_fiber(unsigned flags);
void __tsan_switch_to_fiber(void* fiber, unsigned flags);
void __tsan_destroy_fiber(void* fiber);
}
#endif

namespace foundation::os {

#if defined(FOUNDATION_TSAN)

FOUNDATION_NO_TSAN void* tsan_create_fiber() noexcept { return __tsan_create_fiber(0); }
FOUNDATION_NO_TSAN void tsan_destroy_fiber(void* context) noexcept { __tsan_destroy_fiber(context); }
FOUNDATION_NO_TSAN void* tsan_current_fiber() noexcept { return __tsan_get_current_fiber(); }
FOUNDATION_NO_TSAN void tsan_switch_to(void* context) noexcept { __tsan_switch_to_fiber(context, 0); }

#else

void* tsan_create_fiber() noexcept { return nullptr; }
void tsan_destroy_fiber(void*) noexcept {}
void* tsan_current_fiber() noexcept { return nullptr; }
void tsan_switch_to(void*) noexcept {}

#endif

#if defined(FOUNDATION_ASAN)

FOUNDATION_NO_ASAN void asan_enter_stack(const void* bottom, std::size_t size, void** leaving,
                                         void* entering) noexcept {
  void* lost = nullptr;  // a null pointer here would have ASan free the fake stack that the left fiber's frames lie on
  __sanitizer_start_switch_fiber(leaving != nullptr ? leaving : &lost, bottom, size);
  __sanitizer_finish_switch_fiber(entering, nullptr, nullptr);
}

void asan_poison(const void* at, std::size_t size) noexcept { __asan_poison_memory_region(at, size); }
void asan_unpoison(const void* at, std::size_t size) noexcept { __asan_unpoison_memory_region(at, size); }

#else

void asan_enter_stack(const void*, std::size_t, void**, void*) noexcept {}
void asan_poison(const void*, std::size_t) noexcept {}
void asan_unpoison(const void*, std::size_t) noexcept {}

#endif

}  // namespace foundation::os
