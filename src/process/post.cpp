// SPDX-License-Identifier: Apache-2.0
#include "process/post.hpp"

#include "process/directory.hpp"

namespace foundation::proc {

bool post(pid to, signal* s) noexcept {
  const sending_from here;
  const sched::epoch_guard guard(process_space::epochs());
  process_space* space = directory::instance().find(detail::pid_access::tag(to));
  control_block* receiver = space == nullptr ? nullptr : space->table().find(to);
  if (receiver == nullptr) return false;
  const push_result pushed = receiver->push_remote(s);
  if (pushed == push_result::closed) return false;
  receiver->call_attention();
  if (pushed == push_result::enqueue_receiver) here.wake(*receiver);
  return true;
}

}  // namespace foundation::proc
