// SPDX-License-Identifier: Apache-2.0
#include "os/thread.hpp"

#include <pthread.h>

#include <cstdlib>
#include <cstring>

#include "base/base.hpp"

namespace foundation::os {

namespace {

struct exit_call {
  void (*fn)(void*);
  void* arg;
};

void run_exit_call(void* registration) noexcept {
  const exit_call call = *static_cast<exit_call*>(registration);
  std::free(registration);
  if (call.fn != nullptr) call.fn(call.arg);
}

/// The key, made at first use and given back when the library is unloaded: a thread that ends later than that must
/// not call into code that is gone.
class exit_key {
 public:
  exit_key() noexcept : made_(::pthread_key_create(&key_, run_exit_call) == 0) {}
  ~exit_key() {
    if (made_) ::pthread_key_delete(key_);
  }
  exit_key(const exit_key&) = delete;
  exit_key& operator=(const exit_key&) = delete;

  [[nodiscard]] exit_call* get() const noexcept {
    return made_ ? static_cast<exit_call*>(::pthread_getspecific(key_)) : nullptr;
  }
  [[nodiscard]] bool set(exit_call* registration) const noexcept {
    return made_ && ::pthread_setspecific(key_, registration) == 0;
  }

 private:
  pthread_key_t key_{};
  bool made_;
};

}  // namespace

void set_thread_name(const char* name) noexcept {
  char cut[16] = {};  // the kernel's limit, with the final zero
  std::strncpy(cut, name, sizeof cut - 1);
  ::pthread_setname_np(::pthread_self(), cut);
}

void yield_thread() noexcept { ::sched_yield(); }

stack_bounds current_stack_bounds() noexcept {
  pthread_attr_t attributes;
  if (::pthread_getattr_np(::pthread_self(), &attributes) != 0) return {};
  stack_bounds bounds;
  if (::pthread_attr_getstack(&attributes, &bounds.bottom, &bounds.size) != 0) bounds = {};
  ::pthread_attr_destroy(&attributes);
  return bounds;
}

bool at_thread_exit(void (*fn)(void*), void* arg) noexcept {
  static exit_key key;
  if (exit_call* registered = key.get()) {
    *registered = {fn, arg};
    return true;
  }
  // malloc itself: what a thread leaves to its very end must not depend on an allocator with an end of its own
  auto* registration = static_cast<exit_call*>(std::malloc(sizeof(exit_call)));
  if (registration == nullptr) return false;
  *registration = {fn, arg};
  if (key.set(registration)) return true;
  std::free(registration);
  return false;
}

}  // namespace foundation::os
