// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/fiber/properties.hpp>
#include <cstddef>
#include <cstdint>

#include "memory/memory.hpp"
#include "os/os.hpp"
#include "sched/runnable.hpp"

namespace boost::fibers {
class context;
}

namespace foundation::sched {

class carrier;

/// What a switch of fibers saves and restores beyond the registers that Boost.Context handles.
struct switch_record {
  boost::fibers::context* context = nullptr;
  os::exception_state exceptions;        ///< the thread's exceptions being handled, while this fiber is switched out
  void* tsan_fiber = nullptr;
  void* asan_fake_stack = nullptr;
  const void* stack_bottom = nullptr;    ///< null: unknown (Boost's dispatcher, fibers of the user's own)
  std::size_t stack_size = 0;
  carrier* as_carrier = nullptr;         ///< the carrier this record belongs to, or null
};

/// Our record of a fiber, reached from Boost's context through its properties.
class fiber_record : public boost::fibers::fiber_properties, public switch_record {
 public:
  explicit fiber_record(boost::fibers::context* of) noexcept : fiber_properties(of) { context = of; }
  ~fiber_record() override {
    if (tsan_fiber != nullptr) os::tsan_destroy_fiber(tsan_fiber);
  }

  fiber_record* next_dead = nullptr;  ///< see scheduler::bury_plain
};

/// A fiber with a stack, lent to a process for a slice and kept by it only while it is blocked inside a turn (D1).
///
/// | phase      | on which list      | occupant        | context attached to | may leave to, and who does it              |
/// |------------|--------------------|-----------------|---------------------|--------------------------------------------|
/// | idle       | scheduler's idle   | none            | its scheduler       | running: its scheduler                     |
/// | running    | none (it runs)     | maybe one       | its scheduler       | idle, parking, yielding, boost_wait: itself|
/// | parking    | none               | the waiting one | its scheduler       | parked: `awakened`, after the switch       |
/// | yielding   | none               | the ready one   | its scheduler       | parked: `awakened`, after the switch       |
/// | boost_wait | a Boost primitive's| the one waiting | its scheduler       | parked: `awakened`, when woken             |
/// | parked     | none; its occupant has it  | yes     | nobody              | running: the scheduler that picked it      |
///
/// It lives at the top of its own stack, so a blocked process costs one allocation less and no page more.
class carrier final : public fiber_record {
 public:
  enum class phase : std::uint8_t { idle, running, parking, yielding, boost_wait, parked };

  carrier(const memory::stack& stack, stack_request kind) noexcept : fiber_record(nullptr), stack_(stack), kind_(kind) {
    stack_bottom = stack.bottom;
    stack_size = stack.size;
    as_carrier = this;
  }

  /// Boost deletes a context's properties; the memory belongs to the stack.
  static void operator delete(void*) noexcept {}
  static void* operator new(std::size_t, void* place) noexcept { return place; }

  [[nodiscard]] const memory::stack& stack() const noexcept { return stack_; }
  [[nodiscard]] stack_request kind() const noexcept { return kind_; }

  phase now = phase::idle;
  bool retire = false;               ///< return from the carrier's main function when next resumed
  runnable* occupant = nullptr;
  runnable* assigned = nullptr;      ///< what to run when next resumed from idle
  carrier* next_idle = nullptr;

 private:
  memory::stack stack_;
  stack_request kind_;
};

/// Makes a carrier whose fiber will run `entry(carrier)` when first resumed; null when no stack is to be had.
/// The fiber is not yet attached to any scheduler of Boost's. Defined in fiber_entry.cpp, which is not instrumented.
[[nodiscard]] carrier* make_carrier(memory::stack_pool& pool, const memory::stack& stack, stack_request kind,
                                    void (*entry)(carrier&)) noexcept;

}  // namespace foundation::sched
