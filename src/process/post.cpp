// SPDX-License-Identifier: Apache-2.0
#include "process/post.hpp"

#include "process/directory.hpp"

namespace foundation::proc {

posted post(pid to, signal* s) noexcept {
  const sending_from here;
  const sched::epoch_guard guard(process_space::epochs());
  process_space* space = directory::instance().find(detail::pid_access::tag(to));
  control_block* receiver = space == nullptr ? nullptr : space->table().find(to);
  if (receiver == nullptr) return posted::to_nobody;
  const push_result pushed = receiver->push_remote(s);
  if (pushed == push_result::closed) return posted::to_nobody;
  receiver->call_attention();
  if (pushed == push_result::delivered) return posted::to_one_awake;
  here.wake(*receiver);
  return posted::to_one_asleep;
}

}  // namespace foundation::proc
