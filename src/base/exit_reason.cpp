// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <new>
#include <string>
#include <string_view>
#include <typeinfo>

#include <foundation/exit_reason.hpp>

#include "base/exception_text.hpp"
#include "base/sync.hpp"

namespace foundation::inline v0 {

namespace {

using reference_count = sync::atomic<std::uint32_t>;

const char* name(exit_kind kind) noexcept {
  switch (kind) {
    case exit_kind::normal:
      return "normal";
    case exit_kind::shutdown:
      return "shutdown";
    case exit_kind::kill:
      return "kill";
    case exit_kind::killed:
      return "killed";
    case exit_kind::noproc:
      return "noproc";
    case exit_kind::noconnection:
      return "noconnection";
    case exit_kind::exception:
      return "exception";
    case exit_kind::user:
      return "user";
  }
  return "unknown";
}

class exception_payload final : public detail::exit_payload {
 public:
  exception_payload(std::string_view type, std::string_view what, std::string_view where)
      : type_(type), what_(what), where_(where) {}

  [[nodiscard]] const std::type_info& type() const noexcept override { return typeid(exception_payload); }
  [[nodiscard]] const void* value() const noexcept override { return this; }

  [[nodiscard]] bool equals(const exit_payload& other) const override {
    const auto& that = static_cast<const exception_payload&>(other);
    return type_ == that.type_ && what_ == that.what_ && where_ == that.where_;
  }

  void describe(std::string& out) const override {
    out += type_;
    if (!what_.empty()) out.append(": ").append(what_);
    if (!where_.empty()) out.append(" (at ").append(where_).append(")");
  }

  [[nodiscard]] exit_exception info() const noexcept { return {type_, what_, where_}; }

 private:
  std::string type_;
  std::string what_;
  std::string where_;
};

}  // namespace

namespace detail {

static_assert(sizeof(reference_count) <= 8 && alignof(reference_count) <= 8);

namespace {
reference_count& count_in(unsigned char* memory) noexcept {
  return *std::launder(reinterpret_cast<reference_count*>(memory));
}
}  // namespace

exit_payload::exit_payload() noexcept { new (references_) reference_count(1); }
exit_payload::~exit_payload() = default;

// relaxed: the caller has a reference already, and the payload never changes
void exit_payload::retain() const noexcept { count_in(references_).fetch_add(1, sync::memory_order_relaxed); }

void exit_payload::release() const noexcept {
  // acq_rel: the last one out destroys after everybody else's reads; their releases pair with its acquire
  if (count_in(references_).fetch_sub(1, sync::memory_order_acq_rel) == 1) delete this;
}

void describe_value_of(std::string& out, const std::type_info& type) {
  out.append("value of type ").append(base::demangled(type));
}

}  // namespace detail

exit_reason exit_reason::exception(std::string_view type, std::string_view what, std::string_view where) noexcept {
  try {
    return {exit_kind::exception, new exception_payload(type, what, where)};
  } catch (...) {
    return exit_kind::exception;
  }
}

exit_exception exit_reason::exception_info() const noexcept {
  if (kind_ != exit_kind::exception || payload_ == nullptr) return {};
  return static_cast<const exception_payload*>(payload_)->info();
}

std::string exit_reason::description() const {
  std::string text = name(kind_);
  if (payload_ != nullptr) {
    text += kind_ == exit_kind::exception ? " " : ": ";
    payload_->describe(text);
  }
  return text;
}

bool exit_reason::equal_payloads(const exit_reason& a, const exit_reason& b) noexcept {
  if (a.payload_ == nullptr || b.payload_ == nullptr) return false;
  if (!detail::same_type(a.payload_->type(), b.payload_->type())) return false;
  try {
    return a.payload_->equals(*b.payload_);
  } catch (...) {
    return false;
  }
}

exit_reason exit_reason_of_current_exception(std::string_view where) noexcept {
  try {
    const base::exception_text text = base::current_exception_text();
    return exit_reason::exception(text.type, text.what, where);
  } catch (...) {
    return exit_kind::exception;
  }
}

}  // namespace foundation::inline v0
