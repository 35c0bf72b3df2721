// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include <foundation/result.hpp>

namespace foundation::proc {

class control_block;
class process_space;

/// Makes the calling thread a process, until its `leave_thread`. Errors as thread_process::create.
[[nodiscard]] result<control_block*> make_thread_process(process_space& space, std::string_view label) noexcept;

}  // namespace foundation::proc
