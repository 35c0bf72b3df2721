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
  return fmt::format("{} bytes of at most {}: arena {}, scratch {}, stack {}, messages {}", usage.total(), limit, usage.arena,
                     usage.scratch, usage.stack, usage.messages);
}

}  // namespace foundation::inline v0

namespace foundation::proc {

process_memory::process_memory(const memory::memory_policy& policy, std::size_t limit, memory_breach on_breach) noexcept
    : policy_(policy),
      limit_(limit),
      on_breach_(on_breach),
      arena_(policy_, {&grew, this}),
      scratch_(policy_, {&grew, this}) {}

process_memory* process_memory::make(memory_strategy strategy, gc_strategy gc, std::size_t limit,
                                     memory_breach on_breach) noexcept {
  void* const memory = memory::allocate(sizeof(process_memory));
  if (memory == nullptr) return nullptr;
  auto* const made = ::new (memory) process_memory(memory::policy_of(strategy, gc), limit, on_breach);
  if (made->arena_.prepare()) return made;
  discard(made);
  return nullptr;
}

void process_memory::discard(process_memory* m) noexcept {
  if (m == nullptr) return;
  m->owner_ = nullptr;  // nobody is to hear of what it holds less
  m->~process_memory();
  memory::deallocate(m);
}

memory_usage process_memory::usage() const noexcept {
  return {arena_.held(), scratch_.held(), stack_, owner_ == nullptr ? 0 : owner_->mail().bytes()};
}

void process_memory::after_turn() noexcept {
  stack_ = 0;
  if (scratch_.is_used()) scratch_.reset();
  after_message();
}

void process_memory::after_message() noexcept {
  if (reported_) check();  // a message less: it may have come down
  if (policy_.trim_every == 0 || ++turns_ < policy_.trim_every) return;
  turns_ = 0;
  if (free_bytes() > kept_free_) trim();
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
  m.owner_->show_memory(sizeof(process_memory) + m.arena_.held() + m.scratch_.held());
  m.check();
}

void process_memory::check_limit() noexcept {
  const std::size_t total = usage().total();
  if (total > limit_) {
    breach();
  } else if (total <= limit_ / 10 * 9) {
    reported_ = false;
  }
}

void process_memory::breach() noexcept {
  if (reported_) return;
  reported_ = true;
  const memory_limit_exceeded why{limit_, usage()};
  owner_->on_memory_breach(why, on_breach_);
}

}  // namespace foundation::proc
