// SPDX-License-Identifier: Apache-2.0
/// The core of the library in one header.
#pragma once

#include <foundation/alias.hpp>
#include <foundation/atom.hpp>
#include <foundation/binary.hpp>
#include <foundation/errc.hpp>
#include <foundation/error.hpp>
#include <foundation/exit_reason.hpp>
#include <foundation/handler.hpp>
#include <foundation/inspect.hpp>
#include <foundation/memory_analysis.hpp>
#include <foundation/memory_strategy.hpp>
#include <foundation/message.hpp>
#include <foundation/message_resource.hpp>
#include <foundation/monitor_options.hpp>
#include <foundation/names.hpp>
#include <foundation/optimize_binary.hpp>
#include <foundation/pid.hpp>
#include <foundation/priority.hpp>
#include <foundation/process.hpp>
#include <foundation/process_info.hpp>
#include <foundation/receive.hpp>
#include <foundation/reference.hpp>
#include <foundation/reply_to.hpp>
#include <foundation/request.hpp>
#include <foundation/result.hpp>
#include <foundation/runtime.hpp>
#include <foundation/runtime_options.hpp>
#include <foundation/send.hpp>
#include <foundation/signals.hpp>
#include <foundation/spawn.hpp>
#include <foundation/spawn_options.hpp>
#include <foundation/thread_process.hpp>
#include <foundation/timer.hpp>
#include <foundation/version.hpp>
#include <foundation/vouched_sendable.hpp>
