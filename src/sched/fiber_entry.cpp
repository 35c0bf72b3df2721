// SPDX-License-Identifier: Apache-2.0
//
// The outermost frames of a carrier's fiber. Boost runs the last of them, `worker_context::run_`, on the dying stack
// while the dispatcher is the running fiber, so sanitizers must not see its entry and exit: this file alone is compiled
// without instrumentation.
#include <boost/fiber/context.hpp>

#include "sched/carrier.hpp"

namespace foundation::sched {

namespace {

/// A Boost stack allocator that hands over one stack it was given and gives it back to the pool at the fiber's end.
/// The carrier lies above the part that Boost sees.
struct lent_stack {
  memory::stack_pool* pool;
  memory::stack stack;

  static constexpr std::size_t carrier_room = (sizeof(carrier) + 63) & ~std::size_t{63};

  [[nodiscard]] void* carrier_place() const noexcept { return stack.bottom + stack.size - carrier_room; }

  boost::context::stack_context allocate() const noexcept {
    boost::context::stack_context context;
    context.size = stack.size - carrier_room;
    context.sp = carrier_place();
    return context;
  }

  void deallocate(boost::context::stack_context&) const noexcept { pool->release(stack); }
};

}  // namespace

carrier* make_carrier(memory::stack_pool& pool, const memory::stack& stack, stack_request kind,
                      void (*entry)(carrier&)) noexcept {
  const lent_stack lent{&pool, stack};
  auto* made = new (lent.carrier_place()) carrier(stack, kind);
  auto fiber = boost::fibers::make_worker_context_with_properties(boost::fibers::launch::post, made, lent,
                                                                  [made, entry] { entry(*made); });
  made->context = fiber.get();
  return made;  // the count of one left belongs to the running fiber; Boost's dispatcher drops it at its end
}

}  // namespace foundation::sched
