// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <utility>

#include <foundation/detail/reply.hpp>
#include <foundation/process_info.hpp>

#include "memory/memory.hpp"

namespace foundation::proc {

/// Asks a process about itself.
struct info_request : detail::signal {
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
  info_request(detail::reply_handle&& asker, info_items what) noexcept : to(std::move(asker)), items(what) {
    kind = detail::signal_kind::info_request;
  }
};

}  // namespace foundation::proc
