// SPDX-License-Identifier: Apache-2.0
#include "os/landing_pad.hpp"

#include "os/instruction.hpp"
#include "os/linked_function.hpp"

namespace foundation::os {

namespace {

/// Limits of one pad, far above what compilers make of a scope: beyond them the answer is "may terminate".
constexpr int most_instructions = 4000;
constexpr int most_targets = 256;

/// The places still to be followed, and those that have been: each is followed once.
class explorer {
 public:
  [[nodiscard]] bool knows(const std::byte* place) const noexcept {
    for (int i = 0; i < count_; ++i) {
      if (places_[i] == place) return true;
    }
    return false;
  }

  /// @returns false when there is no room for it
  [[nodiscard]] bool add(const std::byte* place) noexcept {
    if (knows(place)) return true;
    if (count_ == most_targets) return false;
    places_[count_++] = place;
    return true;
  }

  [[nodiscard]] const std::byte* next() noexcept { return followed_ < count_ ? places_[followed_++] : nullptr; }

  [[nodiscard]] bool step() noexcept { return --instructions_left_ > 0; }

 private:
  const std::byte* places_[most_targets];
  int count_ = 0;
  int followed_ = 0;
  int instructions_left_ = most_instructions;
};

/// Whether the code at `at` begins a handler (unless that has been done) and then ends the program, without a choice:
/// what `noexcept` is in the end. A sanitizer's calls may lie between.
bool terminates_in_a_row(const std::byte* at, const code_range& code, bool caught) noexcept {
  constexpr int most_steps = 12;
  for (int step = 0; step < most_steps && code.holds_instruction(at); ++step) {
    const instruction i = decode(at);
    if (i.kind != flow::next && i.kind != flow::call) return false;
    if (i.kind == flow::call) {
      const exception_call meaning = identify(i, code);
      if (meaning == exception_call::terminates) return caught;
      if (meaning == exception_call::catches) caught = true;
      if (meaning != exception_call::catches && meaning != exception_call::other) return false;
    }
    at += i.length;
  }
  return false;
}

/// Whether a call goes to the function that Clang makes for this (`__clang_call_terminate`), which has no exported
/// name.
bool calls_terminator(const instruction& call, const code_range& code) noexcept {
  if (call.target == nullptr || !code.holds_instruction(call.target)) return false;
  return terminates_in_a_row(call.target, code, false) || is_two_calls_without_return(call.target);
}

/// Follows one path to its end, leaving other branches to `paths`. @returns true when it may terminate
bool follow(const std::byte* at, explorer& paths, const code_range& code) noexcept {
  const std::byte* const start = at;
  while (paths.step() && code.holds_instruction(at)) {
    if (at != start && paths.knows(at)) return false;  // where two paths meet, one of them goes on
    const instruction i = decode(at);
    switch (i.kind) {
      case flow::next:
        at += i.length;
        break;
      case flow::stop:
        return false;
      case flow::unknown:
        return true;
      case flow::branch:
        if (!paths.add(i.target)) return true;
        at += i.length;
        break;
      case flow::call:
      case flow::jump:
        switch (identify(i, code)) {
          case exception_call::terminates:
            return true;
          case exception_call::catches:
            return terminates_in_a_row(at + i.length, code, true);
          case exception_call::resumes:
          case exception_call::never_comes:
            return false;
          case exception_call::leaves:  // a cleanup within a handler
          case exception_call::other:
            break;
        }
        if (i.kind == flow::call) {
          if (calls_terminator(i, code)) return true;
          at += i.length;
        } else {
          return i.target == nullptr || !paths.add(i.target);
        }
        break;
    }
  }
  return true;
}

}  // namespace

bool may_terminate(const std::byte* pad) noexcept {
  const code_range code = code_around(pad);
  explorer paths;
  static_cast<void>(paths.add(pad));
  while (const std::byte* at = paths.next()) {
    if (follow(at, paths, code)) return true;
  }
  return false;
}

}  // namespace foundation::os
