// SPDX-License-Identifier: Apache-2.0
/// L1: what the operating system, the processor and the tool chain give us. Layers above include only this header.
#pragma once

#include "os/barrier.hpp"
#include "os/clock.hpp"
#include "os/cpu.hpp"
#include "os/exception_state.hpp"
#include "os/futex.hpp"
#include "os/owned_lock.hpp"
#include "os/random.hpp"
#include "os/sanitizer.hpp"
#include "os/signal_stack.hpp"
#include "os/thread.hpp"
#include "os/topology.hpp"
#include "os/unwind.hpp"
#include "os/virtual_memory.hpp"
