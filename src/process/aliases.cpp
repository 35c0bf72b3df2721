// SPDX-License-Identifier: Apache-2.0
//
// Aliases: a message to one that is not good any more is dropped before it is queued (EEP 53); one that lets priority
// messages in decides where a message is queued (EEP 76).
#include <utility>

#include "process/control_block.hpp"
#include "process/process_space.hpp"

namespace foundation::proc {

/// @errors errc::system_limit: nothing was changed
result<alias> control_block::new_alias(const alias_options& options) noexcept {
  relation* const made = relation::make(relation_kind::alias, pid_, space_.make_reference());
  if (made == nullptr) return errc::system_limit;
  made->mode = options.mode;
  made->lets_priority_in = options.priority;
  relations_.insert(*made);
  return alias(pid_, made->ref);
}

bool control_block::end_alias(reference ref) noexcept {
  relation* const found = relations_.find(relation_kind::alias, ref);
  if (found == nullptr) return false;
  if (relation* const monitor = relations_.find(relation_kind::watching, ref)) monitor->has_alias = false;
  forget(*found);
  return true;
}

/// The monitor is gone: most aliases of monitors go with it.
void control_block::end_alias_of_monitor(reference ref) noexcept {
  relation* const found = relations_.find(relation_kind::alias, ref);
  if (found != nullptr && found->mode != alias_mode::explicit_unalias) forget(*found);
}

/// Something has come: nothing when the alias is not good any more, else whether it lets priority in.
std::optional<bool> control_block::come_through(reference alias) noexcept {
  relation* const found = relations_.find(relation_kind::alias, alias);
  if (found == nullptr) return std::nullopt;
  const bool lets_priority_in = found->lets_priority_in;
  if (found->mode == alias_mode::reply || found->mode == alias_mode::reply_demonitor) {
    if (relation* const monitor = relations_.find(relation_kind::watching, alias)) {
      stop_watching(*monitor);
    } else {
      forget(*found);
    }
  }
  return lets_priority_in;
}

void control_block::on_alias_message(detail::alias_envelope& e) noexcept {
  const std::optional<bool> lets_priority_in = come_through(e.alias);
  if (!lets_priority_in) {
    space_.count_dead_letter();
    return forget_message(e);
  }
  deliver(e, e.priority && *lets_priority_in);
}

}  // namespace foundation::proc
