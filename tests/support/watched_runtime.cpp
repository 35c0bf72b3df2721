// SPDX-License-Identifier: Apache-2.0
#include "support/watched_runtime.hpp"

#include <iostream>
#include <mutex>

#include "process/process.hpp"
#include "support/watchdog.hpp"

namespace foundation::testing {

namespace {
std::mutex mutex;
runtime_listing* first = nullptr;  // under the mutex
}  // namespace

void runtime_listing::list(const foundation::runtime& rt) noexcept {
  const std::lock_guard lock(mutex);
  runtime_ = &rt;
  next_ = std::exchange(first, this);
  set_dump_hook(&dump_all);
}

runtime_listing::~runtime_listing() {
  const std::lock_guard lock(mutex);
  for (runtime_listing** at = &first; *at != nullptr; at = &(*at)->next_) {
    if (*at != this) continue;
    *at = next_;
    return;
  }
}

void runtime_listing::dump_all() {
  const std::lock_guard lock(mutex);
  for (const runtime_listing* at = first; at != nullptr; at = at->next_) {
    const bool moved_from = foundation::detail::runtime_access::space(*at->runtime_) == nullptr;
    if (!moved_from) at->runtime_->dump(std::cerr);
  }
}

}  // namespace foundation::testing
