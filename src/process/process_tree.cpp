// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include <foundation/fmt.hpp>
#include <foundation/inspect.hpp>

#include "process/charge.hpp"
#include "process/control_block.hpp"
#include "process/process_space.hpp"
#include "process/runtime_access.hpp"

namespace foundation::inline v0 {

using proc::control_block;
using proc::process_space;

namespace {

constexpr std::size_t nobody = ~std::size_t{0};
constexpr std::size_t deepest_indent = 32;  // a chain of processes prints in linear time

/// In the order of their slots.
std::vector<process_node> everybody(process_space& space) {
  std::vector<process_node> all;
  all.reserve(space.table().size());
  space.table().for_each(process_space::epochs(), [&](const control_block& p) {
    all.push_back({p.self_pid(), p.parent(), std::string(p.label_text())});
  });
  return all;
}

/// Who is whose child, by index.
class family {
 public:
  explicit family(const std::vector<process_node>& all) : members_(all.size()) {
    const auto slot_of = [](pid p) { return detail::pid_access::slot(p); };
    std::vector<std::size_t> by_slot(all.empty() ? 0 : slot_of(all.back().id) + 1, nobody);
    for (std::size_t i = 0; i != all.size(); ++i) by_slot[slot_of(all[i].id)] = i;
    for (std::size_t i = all.size(); i-- != 0;) {  // backwards, so that lists come out in order
      const pid parent = all[i].parent;
      const std::size_t found = parent && slot_of(parent) < by_slot.size() ? by_slot[slot_of(parent)] : nobody;
      const bool is_root = found == nobody || all[found].id != parent;
      members_[i].parent = is_root ? nobody : found;
      members_[i].next = std::exchange(is_root ? first_root_ : members_[found].first_child, i);
    }
  }

  /// enter(i) before a member's children are visited, leave(i) after. Each member is a loop's step: a chain may be long.
  template <typename Enter, typename Leave>
  void walk(Enter&& enter, Leave&& leave) const {
    for (std::size_t at = first_root_; at != nobody;) {
      enter(at);
      if (members_[at].first_child != nobody) {
        at = members_[at].first_child;
        continue;
      }
      leave(at);
      while (members_[at].next == nobody && members_[at].parent != nobody) leave(at = members_[at].parent);
      at = members_[at].next;
    }
  }

 private:
  struct member {
    std::size_t parent = nobody;
    std::size_t first_child = nobody;
    std::size_t next = nobody;  // child of the same parent, or root
  };
  std::vector<member> members_;
  std::size_t first_root_ = nobody;
};

}  // namespace

std::vector<process_node> process_tree(const runtime& rt) {
  std::vector<process_node> tree;
  process_space* const space = detail::runtime_access::space(rt);
  if (space == nullptr) return tree;
  std::vector<process_node> all = everybody(*space);
  const family related(all);
  std::vector<std::size_t> place(all.size());
  tree.reserve(all.size());
  std::size_t depth = 0;
  related.walk(
      [&](std::size_t i) {
        place[i] = tree.size();
        tree.push_back(std::move(all[i]));
        tree.back().depth = depth++;
      },
      [&](std::size_t i) {
        tree[place[i]].descendants = tree.size() - 1 - place[i];
        --depth;
      });
  proc::charge_caller(1 + static_cast<std::uint32_t>(tree.size() / 32));
  return tree;
}

void print_tree(std::ostream& out, const std::vector<process_node>& tree) {
  for (const process_node& each : tree) {
    out << fmt::format("{:{}}{} \"{}\"\n", "", 2 * std::min(each.depth, deepest_indent), each.id, each.label);
  }
}

}  // namespace foundation::inline v0
