// SPDX-License-Identifier: Apache-2.0
#include "base/exception_text.hpp"

#include <cxxabi.h>

#include <cstdlib>
#include <exception>
#include <memory>

namespace foundation::base {

std::string demangled(const std::type_info& type) {
  struct free_text {
    void operator()(char* text) const noexcept { std::free(text); }  // the ABI says that it comes from the C heap
  };
  int status = 0;
  const std::unique_ptr<char, free_text> text(abi::__cxa_demangle(type.name(), nullptr, nullptr, &status));
  return text != nullptr ? text.get() : type.name();
}

exception_text current_exception_text() {
  const std::type_info* type = abi::__cxa_current_exception_type();
  if (type == nullptr) return {"(unknown type)", {}};
  exception_text text{demangled(*type), {}};
  // Rethrowing is the one portable way to the object; its handlers end here, so the caller's exception stays current.
  try {
    throw;
  } catch (const std::exception& thrown) {
    const char* what = thrown.what();
    if (what != nullptr) text.what = what;
  } catch (const std::string& thrown) {
    text.what = thrown;
  } catch (const char* thrown) {
    if (thrown != nullptr) text.what = thrown;
  } catch (...) {
    // nothing to ask it
  }
  return text;
}

}  // namespace foundation::base
