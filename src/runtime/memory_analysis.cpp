// SPDX-License-Identifier: Apache-2.0
#include <foundation/memory_analysis.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <new>

#include <foundation/atom.hpp>
#include <foundation/binary.hpp>
#include <foundation/fmt.hpp>

#include "runtime/runtime_core.hpp"

namespace foundation::rt {

namespace {

using proc::control_block;
using proc::process_space;

/// The first of all by a measure, the greatest in front: a heap of those kept, the least on top.
class longest_list {
 public:
  using measure = std::uint64_t (*)(const process_footprint&);

  longest_list(std::size_t length, measure by) : length_(length), by_(by) { kept_.reserve(length); }

  /// Copies the label only of what is kept.
  void offer(const process_footprint& seen, std::string_view label) {
    if (length_ == 0 || by_(seen) == 0) return;
    if (kept_.size() == length_) {
      if (by_(seen) <= by_(kept_.front())) return;
      std::pop_heap(kept_.begin(), kept_.end(), order{by_});
      kept_.pop_back();
    }
    kept_.push_back(seen);
    kept_.back().label = label;
    std::push_heap(kept_.begin(), kept_.end(), order{by_});
  }
  [[nodiscard]] std::vector<process_footprint> take() && {
    std::sort_heap(kept_.begin(), kept_.end(), order{by_});
    return std::move(kept_);
  }

 private:
  struct order {
    measure by;
    bool operator()(const process_footprint& a, const process_footprint& b) const { return by(a) > by(b); }
  };

  const std::size_t length_;
  const measure by_;
  std::vector<process_footprint> kept_;
};

process_footprint footprint_of(const control_block& p) noexcept {
  process_footprint seen;
  seen.id = p.self_pid();
  seen.block_bytes = p.block_bytes();
  seen.arena_bytes = p.arena_bytes();
  seen.messages = p.messages();
  seen.message_bytes = p.message_bytes();
  seen.bytes = seen.block_bytes + seen.arena_bytes + seen.message_bytes;
  return seen;
}

void look_at_processes(process_space& space, const memory_options& options, memory_analysis& all) {
  longest_list largest(options.listed, [](const process_footprint& p) -> std::uint64_t { return p.bytes; });
  longest_list longest(options.listed, [](const process_footprint& p) { return p.messages; });
  space.table().for_each(process_space::epochs(), [&](const control_block& p) {
    const process_footprint seen = footprint_of(p);
    ++all.processes.count;
    all.processes.bytes += seen.block_bytes;
    all.arenas.count += seen.arena_bytes == 0 ? 0 : 1;
    all.arenas.bytes += seen.arena_bytes;
    all.mailboxes.count += seen.messages;
    all.mailboxes.bytes += seen.message_bytes;
    largest.offer(seen, p.label_text());
    longest.offer(seen, p.label_text());
  });
  all.processes.limit = space.table().capacity();
  all.largest = std::move(largest).take();
  all.longest_mailboxes = std::move(longest).take();
}

void look_at_the_rest(process_space& space, memory_analysis& all) {
  sched::scheduler_group& group = space.group();
  all.stacks = {.bytes = group.stacks().resident(), .count = group.stacks().stats().live};
  const binary_figures binaries = binary_statistics();
  all.binaries = {.bytes = binaries.bytes, .count = binaries.buffers};
  all.slices = {.bytes = binaries.sparse_bytes, .count = binaries.sparse_buffers};
  all.atoms = {.bytes = atom_bytes(), .count = atom_count(), .limit = atom_limit()};
  all.tables = {.bytes = space.table().bytes(), .count = space.table().capacity()};
  for (unsigned i = 0; i != group.places(); ++i) {
    all.tables.bytes += space.timers(i).bytes();
    all.tables.count += space.timers(i).places();
    all.caches.bytes += group.at(i).chunk_bytes();
    ++all.caches.count;
  }
}

void add_up(memory_analysis& all) {
  memory_part* const parts[] = {&all.processes, &all.arenas, &all.stacks, &all.mailboxes,
                                &all.binaries,  &all.atoms,  &all.tables, &all.caches};
  for (const memory_part* each : parts) all.total += each->bytes;
  const auto share = [&](const memory_part& each) {
    return all.total == 0 ? 0 : 100.0 * static_cast<double>(each.bytes) / static_cast<double>(all.total);
  };
  for (memory_part* each : parts) each->percent = share(*each);
  all.slices.percent = share(all.slices);
}

class adviser {
 public:
  adviser(memory_analysis& all, const memory_thresholds& limits) : all_(all), limits_(limits) {}

  void advise() {
    if (all_.atoms.filled() > limits_.atoms) {
      say(memory_advice::topic::atoms, "the table of atoms is {:.0f} % full ({} of {}): look at who makes names from data",
          all_.atoms.filled(), all_.atoms.count, all_.atoms.limit);
    }
    if (all_.processes.filled() > limits_.processes) {
      say(memory_advice::topic::processes, "{} processes of at most {} ({:.0f} %): raise max_processes, or look at who spawns them",
          all_.processes.count, all_.processes.limit, all_.processes.filled());
    }
    for (const process_footprint& each : all_.longest_mailboxes) {
      if (each.messages < limits_.mailbox) break;
      say_of(each, memory_advice::topic::mailbox, "process {} \"{}\" has {} messages in its mailbox, {} bytes: does it keep up, or wait for something else?",
             each.id, each.label, each.messages, each.message_bytes);
    }
    if (all_.total >= limits_.total) advise_on_shares();
  }

 private:
  void advise_on_shares() {
    if (all_.binaries.percent > limits_.binaries) {
      say(memory_advice::topic::binaries, "binaries are {:.0f} % of all ({} buffers, {} bytes): look for small slices of large ones (compact), and for who keeps them",
          all_.binaries.percent, all_.binaries.count, all_.binaries.bytes);
    }
    const double of_binaries = all_.binaries.bytes == 0 ? 0 : 100.0 * static_cast<double>(all_.slices.bytes) / static_cast<double>(all_.binaries.bytes);
    if (of_binaries > limits_.slices) {
      say(memory_advice::topic::slices, "small slices keep {} buffers of {} bytes alive, {:.0f} % of all binaries: compact what is kept for long",
          all_.slices.count, all_.slices.bytes, of_binaries);
    }
    const double of_processes = all_.processes.percent + all_.arenas.percent + all_.stacks.percent + all_.mailboxes.percent;
    if (of_processes > limits_.processes) {
      say(memory_advice::topic::processes, "processes are {:.0f} % of all (blocks {}, arenas {}, stacks {}, mailboxes {} bytes): look at the largest, and at gc strategies",
          of_processes, all_.processes.bytes, all_.arenas.bytes, all_.stacks.bytes, all_.mailboxes.bytes);
    }
    if (all_.caches.percent > limits_.caches) {
      say(memory_advice::topic::caches, "{:.0f} % of all is kept for reuse ({} bytes)", all_.caches.percent, all_.caches.bytes);
    }
    for (const process_footprint& each : all_.largest) {
      const double share = 100.0 * static_cast<double>(each.bytes) / static_cast<double>(all_.total);
      if (share <= limits_.one_process) break;
      say_of(each, memory_advice::topic::arena, "process {} \"{}\" holds {:.0f} % of all: arena {}, mailbox {} bytes", each.id, each.label,
             share, each.arena_bytes, each.message_bytes);
    }
  }
  template <typename... Args>
  void say(memory_advice::topic about, fmt::format_string<Args...> text, Args&&... args) {
    all_.advice.push_back({about, fmt::format(text, std::forward<Args>(args)...), pid{}});
  }
  template <typename... Args>
  void say_of(const process_footprint& who, memory_advice::topic about, fmt::format_string<Args...> text, Args&&... args) {
    all_.advice.push_back({about, fmt::format(text, std::forward<Args>(args)...), who.id});
  }

  memory_analysis& all_;
  const memory_thresholds& limits_;
};

}  // namespace
}  // namespace foundation::rt

namespace foundation::inline v0 {

result<memory_analysis> analyze_memory_usage(const runtime& rt, const memory_options& options) noexcept {
  constexpr std::int64_t most_listed = 1000;
  if (options.listed > static_cast<std::size_t>(most_listed)) {
    return error::out_of_range("listed", static_cast<std::int64_t>(options.listed), 0, most_listed);
  }
  proc::process_space* const space = detail::runtime_access::space(rt);
  if (space == nullptr) return errc::not_running;
  try {
    memory_analysis all;
    rt::look_at_processes(*space, options, all);
    rt::look_at_the_rest(*space, all);
    rt::add_up(all);
    rt::adviser(all, options.thresholds).advise();
    proc::charge_caller(1 + static_cast<std::uint32_t>(all.processes.count / 32));
    return all;
  } catch (const std::bad_alloc&) {
    return errc::system_limit;
  }
}

}  // namespace foundation::inline v0
