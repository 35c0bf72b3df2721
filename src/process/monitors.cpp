// SPDX-License-Identifier: Apache-2.0
//
// Monitors (docs/internals/links-and-monitors.md): the watcher has a half `watching`, the watched one a half `watched`.
// `down` is heeded only while the watcher has its half, so none comes after `demonitor`.
#include <typeinfo>
#include <utility>

#include "process/control_block.hpp"
#include "process/post.hpp"

namespace foundation::proc {

/// `other` may be nobody: its `down` then says noproc.
/// @errors errc::system_limit: nothing was changed
result<reference> control_block::watch(pid other, std::string_view name, const monitor_options& options) noexcept {
  const reference ref = space_.make_reference();
  if (other == pid_) return ref;  // as in Erlang: a reference, and neither monitor nor alias
  relation* const alias = options.alias ? relation::make(relation_kind::alias, pid_, ref) : nullptr;
  relation* const mine = relation::make(relation_kind::watching, other, ref);
  relation* const his = relation::make(relation_kind::watched, pid_, ref);
  const bool complete = (alias != nullptr || !options.alias) && mine != nullptr && his != nullptr && mine->set_name(name);
  if (!complete) {
    relation::discard(his);
    relation::discard(mine);
    relation::discard(alias);
    return errc::system_limit;
  }
  if (alias != nullptr) {
    alias->mode = *options.alias;
    alias->lets_priority_in = options.priority;
    relations_.insert(*alias);
  }
  mine->has_alias = alias != nullptr;
  relations_.insert(*mine);
  his->kind = signal_kind::monitor;
  his->priority = options.priority;
  if (!post(other, his)) {
    his->tell_down(other, exit_kind::noproc);
    post_to_self(*his);
  }
  return ref;
}

bool control_block::unwatch(reference ref) noexcept {
  relation* const mine = relations_.find(relation_kind::watching, ref);
  if (mine == nullptr) return false;
  stop_watching(*mine);
  return true;
}

/// The half becomes the signal that ends the other's.
void control_block::stop_watching(relation& mine) noexcept {
  relations_.erase(mine);
  if (mine.has_alias) end_alias_of_monitor(mine.ref);
  mine.kind = signal_kind::demonitor;
  if (!post(mine.other, &mine)) relation::discard(&mine);
}

void control_block::on_monitor(relation& his) noexcept {
  relations_.insert(his);
  his.late = told_to_exit_;
}

void control_block::on_demonitor(relation& request) noexcept {
  relation* const half = relations_.find(relation_kind::watched, request.ref);
  if (half != nullptr) forget(*half);
  forget_signal(request);
}

void control_block::on_down(relation& s) noexcept {
  down& message = s.message<down>();
  relation* const mine = relations_.find(relation_kind::watching, message.monitor);
  if (mine == nullptr) return forget_message(s);
  message.name = std::move(mine->name);
  if (mine->has_alias) end_alias_of_monitor(mine->ref);
  forget(*mine);
  deliver(s, s.priority);
}

void control_block::remove_down(reference monitor) noexcept {
  for (message_list* const list : {&mail_.priority(), &mail_.ordinary()}) {
    // It is not older than the mark that was set with its reference.
    envelope* before = list == &mail_.ordinary() ? marks_.find(monitor).value_or(nullptr) : nullptr;
    while (envelope* const e = list->behind(before)) {
      const bool found = detail::same_type(*e->ops->type, typeid(down)) &&
                         static_cast<down*>(e->payload())->monitor == monitor;
      if (found) return forget_message(*take_after(*list, before));
      before = e;
      charge(1);
    }
  }
}

}  // namespace foundation::proc
