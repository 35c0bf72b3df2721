// SPDX-License-Identifier: Apache-2.0
#include "process/process_memory.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <new>

#include "process/control_block.hpp"
#include "process/library_scope.hpp"
#include "process/process_space.hpp"

namespace foundation::inline v0 {

std::string memory_limit_exceeded::description() const {
  return fmt::format("{} bytes of at most {}: arena {}, scratch {}, stack {}, messages {}, binaries {}, heap {}", usage.total(),
                     limit, usage.arena, usage.scratch, usage.stack, usage.messages, usage.binaries, usage.heap);
}

}  // namespace foundation::inline v0

namespace foundation::proc {

process_memory::process_memory(const memory::memory_policy& policy, std::size_t limit, memory_breach on_breach) noexcept
    : on_breach_(on_breach),
      limit_(limit),
      policy_(policy),
      arena_(policy_, {&grew, this}),
      scratch_(policy_, {&grew, this}) {}

process_memory* process_memory::make(memory_strategy strategy, gc_strategy gc, std::size_t limit,
                                     memory_breach on_breach) noexcept {
  void* const memory = memory::allocate(sizeof(process_memory));
  if (memory == nullptr) return nullptr;
  auto* const made = ::new (memory) process_memory(memory::policy_of(strategy, gc), limit, on_breach);
  bool whole = made->arena_.prepare();
  made->at_rest_ = made->arena_.held() == 0;
  if (whole && limit != 0) {
    made->binaries_ = detail::binary_holder::make({&holds_more, made});
    whole = made->binaries_ != nullptr;
  }
  if (whole) return made;
  discard(made);
  return nullptr;
}

process_memory::~process_memory() {
  if (binaries_ != nullptr) binaries_->retire();
  if (heap_ != nullptr) heap_->retire();
}

void process_memory::discard(process_memory* m) noexcept {
  if (m == nullptr) return;
  m->owner_ = nullptr;  // nobody is to hear of what it holds less
  m->~process_memory();
  memory::deallocate(m);
}

memory_usage process_memory::usage() const noexcept {
  return {.arena = arena_.held(),
          .scratch = scratch_.held(),
          .stack = stack_,
          .messages = owner_ == nullptr ? 0 : owner_->mail().bytes() + message_parts_,
          .binaries = binaries_ == nullptr ? 0 : binaries_->bytes(),
          .heap = heap_ == nullptr ? 0 : heap_->bytes()};
}

detail::heap_account* process_memory::charge_heap(std::size_t bytes) noexcept {
  if (heap_ == nullptr) heap_ = detail::heap_account::make();
  if (heap_ == nullptr) return nullptr;
  if (reported_) reported_ = !is_low(usage().total());  // freeing has not looked
  heap_->charge(bytes);
  if (limit_ == 0 || reported_ || usage().total() <= limit_) return heap_;
  beyond_ = true;
  at_rest_ = false;
  owner_->call_attention();
  return heap_;
}

/// Of a payload, charged to whoever is running: the slice ends where it can.
static std::size_t count_owned(const detail::envelope& message) noexcept {
  const detail::owned_count owned = message.ops->parts->count_owned(message.payload());
  constexpr std::size_t looks_for_one = 32;
  sched::scheduler* const here = sched::scheduler::current();
  if (here != nullptr && owned.looks >= looks_for_one) {
    static_cast<void>(here->charge(static_cast<std::uint32_t>(std::min<std::size_t>(owned.looks / looks_for_one, 1 << 20))));
  }
  return owned.bytes;
}

void process_memory::count_arrival(const detail::envelope& message) noexcept {
  message_parts_ += count_owned(message);
  hold_binaries(*message.ops->parts, message.payload());
}

/// What it says now may be more than what it said then.
void process_memory::count_departure(const detail::envelope& message) noexcept {
  message_parts_ = owner_->mail().has_messages() ? message_parts_ - std::min(message_parts_, count_owned(message)) : 0;
}

void process_memory::holds_more(void* self, std::size_t bytes) noexcept {
  auto& m = *static_cast<process_memory*>(self);
  if (m.reported_) m.reported_ = !m.is_low(m.usage().total() - bytes);  // letting go has not looked
  m.check();
}

void process_memory::hold_binaries(const detail::payload_parts& parts, const void* payload) noexcept {
  if (parts.each_binary == nullptr) return;
  parts.each_binary(
      payload,
      [](const binary& b, void* holder) noexcept { detail::binary_access::hold(b, static_cast<detail::binary_holder*>(holder)); },
      binaries_);
}

void process_memory::after_turn() noexcept {
  stack_ = 0;
  if (scratch_.is_used()) scratch_.reset();
  after_message();
}

void process_memory::after_message() noexcept {
  if (reported_ || beyond_) check();  // a message less: it may have come down
  if (policy_.trim_every != 0 && ++turns_ >= policy_.trim_every) {
    turns_ = 0;
    if (free_bytes() > kept_free_) trim();
  }
  at_rest_ = arena_.held() == 0 && scratch_.held() == 0 && stack_ == 0 && !reported_ && !beyond_;
}

void process_memory::before_idle() noexcept {
  if (!policy_.trim_when_idle) return;
  kept_free_ = std::min(kept_free_, free_bytes());  // some of it is lent again
  // Twice what could not be given back last time: so the walks cost no more than the frees between them.
  if (free_bytes() >= std::max(policy_.worth_trimming, 2 * kept_free_)) trim();
  if (!scratch_.is_used() && scratch_.held() >= policy_.worth_trimming) scratch_.release();
}

std::size_t process_memory::trim() noexcept {
  const std::size_t returned = arena_.trim([](void* owner) { static_cast<control_block*>(owner)->spend(16); }, owner_);
  kept_free_ = free_bytes();
  return returned;
}

std::size_t process_memory::give_back() noexcept {
  return trim() + (scratch_.is_used() ? 0 : scratch_.release());
}

void process_memory::grew(void* self, std::ptrdiff_t /*bytes*/) noexcept {
  auto& m = *static_cast<process_memory*>(self);
  if (m.owner_ == nullptr) return;
  m.at_rest_ = false;
  m.owner_->show_memory(sizeof(process_memory) + m.arena_.held() + m.scratch_.held());
  m.check();
}

void process_memory::check_limit() noexcept {
  beyond_ = false;
  const std::size_t total = usage().total();
  if (total > limit_) {
    breach();
  } else if (is_low(total)) {
    reported_ = false;
  }
}

void process_memory::breach() noexcept {
  if (reported_) return;
  reported_ = true;
  at_rest_ = false;
  const memory_limit_exceeded why{limit_, usage()};
  owner_->on_memory_breach(why, on_breach_);
}

}  // namespace foundation::proc
