// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <utility>

#include <foundation/detail/reply.hpp>
#include <foundation/process_info.hpp>

#include "memory/memory.hpp"
#include "process/library_request.hpp"

namespace foundation::proc {

/// Asks a process about itself.
struct info_request : library_request {
  /// Null when the allocation is refused.
  [[nodiscard]] static info_request* make(detail::reply_handle to, info_items items) noexcept;
  /// Of one that nobody has got.
  static void discard(info_request* s) noexcept {
    s->to.~reply_handle();
    memory::deallocate(s);
  }

  detail::reply_handle to;
  info_items items;

 private:
  info_request(detail::reply_handle&& asker, info_items what) noexcept
      : library_request(wish::description), to(std::move(asker)), items(what) {}
};

}  // namespace foundation::proc
