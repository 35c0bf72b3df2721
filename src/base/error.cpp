// SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <exception>
#include <initializer_list>
#include <new>
#include <string>
#include <string_view>
#include <system_error>

#include <foundation/error.hpp>
#include <foundation/result.hpp>

#include "base/sync.hpp"

namespace foundation::inline v0 {

namespace {

/// A message: this header, its bytes and a NUL, in one allocation. Written once, before its address is shared.
struct message_block {
  sync::atomic<std::uint32_t> references;  // errors that point here; the one that takes it to 0 frees
  errc code;
  std::size_t size;

  [[nodiscard]] char* text() noexcept { return reinterpret_cast<char*>(this + 1); }
};

message_block& block_at(std::uintptr_t word) noexcept { return *reinterpret_cast<message_block*>(word); }

/// The word of an error: the address of a new block with the parts in a row, or the plain code if there is no memory.
std::uintptr_t make_word(errc code, std::initializer_list<std::string_view> parts) noexcept {
  std::size_t size = 0;
  for (const std::string_view part : parts) size += part.size();
  void* memory = ::operator new(sizeof(message_block) + size + 1, std::nothrow);
  if (memory == nullptr) return static_cast<std::uintptr_t>(code);
  auto* block = new (memory) message_block{{1}, code, size};
  char* at = block->text();
  for (const std::string_view part : parts) {
    if (!part.empty()) std::memcpy(at, part.data(), part.size());
    at += part.size();
  }
  *at = '\0';
  return reinterpret_cast<std::uintptr_t>(block);
}

/// A number's digits without an allocation.
class digits {
 public:
  explicit digits(std::int64_t value) noexcept {
    auto rest = value < 0 ? 0 - static_cast<std::uint64_t>(value) : static_cast<std::uint64_t>(value);
    do {
      *--first_ = static_cast<char>('0' + rest % 10);
      rest /= 10;
    } while (rest > 0);
    if (value < 0) *--first_ = '-';
  }
  digits(const digits&) = delete;
  digits& operator=(const digits&) = delete;

  operator std::string_view() const noexcept {  // NOLINT: used in place of a view
    return {first_, static_cast<std::size_t>(text_ + sizeof text_ - first_)};
  }

 private:
  char text_[20];  // "-9223372036854775808"
  char* first_ = text_ + sizeof text_;
};

}  // namespace

const char* name(errc code) noexcept {
  switch (code) {
    case errc::system_limit:
      return "system_limit";
    case errc::not_running:
      return "not_running";
    case errc::noproc:
      return "noproc";
    case errc::killed:
      return "killed";
    case errc::timeout:
      return "timeout";
    case errc::invalid_argument:
      return "invalid_argument";
    case errc::would_deadlock:
      return "would_deadlock";
    case errc::not_distributed:
      return "not_distributed";
    case errc::unexpected_reply_type:
      return "unexpected_reply_type";
    case errc::init_failed:
      return "init_failed";
    case errc::already_registered:
      return "already_registered";
    case errc::no_reply:
      return "no_reply";
    case errc::abandoned:
      return "abandoned";
    case errc::invalid_atom:
      return "invalid_atom";
    case errc::atom_table_nearly_full:
      return "atom_table_nearly_full";
    case errc::atom_table_full:
      return "atom_table_full";
    case errc::invalid_data:
      return "invalid_data";
  }
  return "unknown";
}

const char* describe(errc code) noexcept {
  switch (code) {
    case errc::system_limit:
      return "a limit of the system or of the runtime is reached";
    case errc::not_running:
      return "the runtime is shutting down or gone";
    case errc::noproc:
      return "there is no such process";
    case errc::killed:
      return "the calling process is exiting";
    case errc::timeout:
      return "the time is up";
    case errc::invalid_argument:
      return "an argument or option is out of range";
    case errc::would_deadlock:
      return "the caller would wait for itself, or hold up what it waits for";
    case errc::not_distributed:
      return "this runtime is not connected to other nodes";
    case errc::unexpected_reply_type:
      return "the reply is of another type than the one asked for";
    case errc::init_failed:
      return "construction failed before the process existed";
    case errc::already_registered:
      return "the name is taken, or the process has one already";
    case errc::no_reply:
      return "the request was dropped without a reply";
    case errc::abandoned:
      return "the process could not be unwound in time and was given up";
    case errc::invalid_atom:
      return "the text cannot be an atom";
    case errc::atom_table_nearly_full:
      return "as many atoms as the caller allows are there";
    case errc::atom_table_full:
      return "the atom table is full";
    case errc::invalid_data:
      return "the data is damaged, cut short or too large";
  }
  return "an unknown error";
}

error::error(errc code, std::string_view message) noexcept : word_(make_word(code, {message})) {}

error error::out_of_range(std::string_view field, std::string_view given, std::string_view allowed) noexcept {
  error made(errc::invalid_argument);
  made.word_ = make_word(errc::invalid_argument, {field, ": ", given, " given, ", allowed, " allowed"});
  return made;
}

error error::out_of_range(std::string_view field, std::int64_t given, std::int64_t least, std::int64_t most) noexcept {
  error made(errc::invalid_argument);
  made.word_ = make_word(errc::invalid_argument,
                         {field, ": ", digits(given), " given, ", digits(least), "..", digits(most), " allowed"});
  return made;
}

error error::from_errno(errc code, std::string_view call, int errno_value) noexcept {
  error made(code);
  try {
    const std::string text = std::generic_category().message(errno_value);
    made.word_ = make_word(code, {call, ": ", text, " (errno ", digits(errno_value), ")"});
  } catch (const std::exception&) {
    made.word_ = make_word(code, {call, ": errno ", digits(errno_value)});
  }
  return made;
}

std::string_view error::message() const noexcept {
  if (!has_block()) return describe(static_cast<errc>(word_));
  message_block& block = block_at(word_);
  return {block.text(), block.size};
}

std::uintptr_t error::code_word() const noexcept { return static_cast<std::uintptr_t>(block_at(word_).code); }

// relaxed: the caller has a reference already, and the block never changes
void error::retain() const noexcept { block_at(word_).references.fetch_add(1, sync::memory_order_relaxed); }

void error::release() noexcept {
  // acq_rel: the last one out frees after everybody else's reads; their releases pair with its acquire
  message_block& block = block_at(word_);
  if (block.references.fetch_sub(1, sync::memory_order_acq_rel) != 1) return;
  block.~message_block();
  ::operator delete(&block);
}

bad_result_access::bad_result_access(error cause) noexcept : cause_(std::move(cause)) {}

bad_result_access::~bad_result_access() = default;

const char* bad_result_access::what() const noexcept { return cause_.message().data(); }

void detail::throw_bad_result_access(const error& cause) { throw bad_result_access(cause); }

}  // namespace foundation::inline v0
