// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include <foundation/detail/envelope.hpp>

namespace foundation::proc {

/// What the library asks of a process by a signal, and not its user. Whoever asks gets an answer in any case.
struct library_request : detail::signal {
  enum class wish : std::uint8_t {
    description,  ///< an info_request
    memory,       ///< a memory_request: to be heeded on the process's own stack
  };

  const wish wanted;

  /// Answers that it will not be done, unless it has been answered; of no more use then.
  void refuse() noexcept;

 protected:
  explicit library_request(wish what) noexcept : wanted(what) { kind = detail::signal_kind::info_request; }
  ~library_request() = default;
};

}  // namespace foundation::proc
