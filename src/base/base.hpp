// SPDX-License-Identifier: Apache-2.0
/// L0: what every layer stands on. Layers above include only this header.
#pragma once

#include "base/assert.hpp"
#include "base/cacheline.hpp"
#include "base/exception_text.hpp"
#include "base/lock_rank.hpp"
#include "base/round_up.hpp"
#include "base/sync.hpp"
#include "base/this_thread.hpp"
#include "base/thread_annotations.hpp"
