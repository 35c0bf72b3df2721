// SPDX-License-Identifier: Apache-2.0
/// L4: processes, their signals and their table. Layers above include only this header.
#pragma once

#include "process/charge.hpp"
#include "process/control_block.hpp"
#include "process/directory.hpp"
#include "process/inspect.hpp"
#include "process/library_scope.hpp"
#include "process/memory_request.hpp"
#include "process/overflow.hpp"
#include "process/post.hpp"
#include "process/process_space.hpp"
#include "process/runtime_access.hpp"
#include "process/tally.hpp"
