// SPDX-License-Identifier: Apache-2.0
#include "os/unwind.hpp"

#include <unwind.h>

#include <cstddef>
#include <cstdint>

#include "os/call_site.hpp"
#include "os/landing_pad.hpp"

/// Looking for `noexcept` before throwing.
///
/// There is no call that answers it: the unwinder's search phase stops at a frame that will terminate just as it stops
/// at one that will catch. So we read what it reads. For each frame between the caller and the entry, by what its
/// call-site table says of the call it is in:
///
///   no table            C code, or C++ with nothing to clean up         passable
///   not in the table    GCC's `noexcept`                                terminates
///   no landing pad      nothing to do in this frame                     passable
///   a landing pad       destructors and handlers, or Clang's `noexcept`, or either compiler's `noexcept` combined with
///                       handlers; the table does not say which          what the pad's code does, see landing_pad.hpp
///
/// Where it answers false although an exception would pass: a pad whose code we cannot follow; a function that is
/// `noexcept` and has a `catch` for our type (nobody has one); a destructor inlined into a pad that may itself call
/// std::terminate (that of a std::thread not known to be joined).
/// Where it answers true although the program may end: a destructor that throws, a handler that ends the program. They
/// do so for any exception.
///
/// Rejected: a table of `noexcept` functions (there is none), forced unwinding with a stop function (it has run the
/// destructors of the frames below by the time it arrives), set_terminate (the host's, and too late to go back).
namespace foundation::os {

namespace {

struct walk {
  const void* entry;
  int frame = 0;
  bool found = false;
};

bool passable(_Unwind_Context* context) noexcept {
  int is_exact = 0;
  auto at = static_cast<std::uintptr_t>(_Unwind_GetIPInfo(context, &is_exact));
  if (is_exact == 0) --at;  // a return address: the call is before it
  const auto* table = reinterpret_cast<const std::byte*>(_Unwind_GetLanguageSpecificData(context));
  if (table == nullptr) return true;
  const call_site site = find_call_site(table, _Unwind_GetRegionStart(context), at);
  switch (site.kind) {
    case call_site_kind::no_landing_pad:
      return true;
    case call_site_kind::landing_pad:
      return !may_terminate(reinterpret_cast<const std::byte*>(site.landing_pad));
    case call_site_kind::missing:
    case call_site_kind::unreadable:
      return false;
  }
  return false;
}

_Unwind_Reason_Code visit(_Unwind_Context* context, void* argument) noexcept {
  // Frame 0 is can_unwind_to, frame 1 its caller: it calls us from elsewhere than it would throw from.
  auto& w = *static_cast<walk*>(argument);
  if (w.frame++ < 2) return _URC_NO_REASON;
  if (reinterpret_cast<const void*>(_Unwind_GetRegionStart(context)) == w.entry) {
    w.found = true;
    return _URC_END_OF_STACK;  // any code but _URC_NO_REASON ends the walk
  }
  return passable(context) ? _URC_NO_REASON : _URC_END_OF_STACK;
}

}  // namespace

bool can_unwind_to(void* entry_function) noexcept {
  walk w{.entry = entry_function};
  _Unwind_Backtrace(visit, &w);
  return w.found;
}

}  // namespace foundation::os
