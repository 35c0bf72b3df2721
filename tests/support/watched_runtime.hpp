// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <utility>

#include <foundation/foundation.hpp>

namespace foundation::testing {

/// A place in the list of runtimes that the watchdog dumps. No allocation: tests refuse those.
class runtime_listing {
 protected:
  runtime_listing() noexcept = default;
  ~runtime_listing();
  runtime_listing(const runtime_listing&) = delete;
  runtime_listing& operator=(const runtime_listing&) = delete;

  void list(const foundation::runtime& rt) noexcept;

 private:
  static void dump_all();

  const foundation::runtime* runtime_ = nullptr;
  runtime_listing* next_ = nullptr;
};

/// A runtime as tests make it: if the test hangs, its destructor included, the watchdog dumps its processes.
class watched_runtime : private runtime_listing, public foundation::runtime {
 public:
  explicit watched_runtime(foundation::runtime_options options = {}) : foundation::runtime(std::move(options)) {
    list(*this);
  }
  watched_runtime(foundation::runtime&& made) noexcept : foundation::runtime(std::move(made)) { list(*this); }
  watched_runtime(watched_runtime&& other) noexcept : watched_runtime(static_cast<foundation::runtime&&>(other)) {}
  watched_runtime& operator=(watched_runtime&& other) noexcept {
    foundation::runtime::operator=(std::move(other));
    return *this;
  }
  ~watched_runtime() = default;
};

}  // namespace foundation::testing
