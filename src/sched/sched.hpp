// SPDX-License-Identifier: Apache-2.0
/// L3: schedulers, carriers, timers, reclamation. It knows runnables, never processes. Layers above include only this.
#pragma once

#include "sched/epoch.hpp"
#include "sched/monitor.hpp"
#include "sched/runnable.hpp"
#include "sched/scheduler.hpp"
#include "sched/scheduler_group.hpp"
#include "sched/timer_wheel.hpp"
