// SPDX-License-Identifier: Apache-2.0
/// L2: memory of the runtime and of its processes. Layers above include only this header.
#pragma once

#include "memory/arena.hpp"
#include "memory/backing.hpp"
#include "memory/binary_holder.hpp"
#include "memory/chunk_cache.hpp"
#include "memory/heap_account.hpp"
#include "memory/memory_policy.hpp"
#include "memory/purge.hpp"
#include "memory/scratch.hpp"
#include "memory/stack_pool.hpp"
