// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstring>
#include <utility>

#include <foundation/binary.hpp>

#include "memory/binary_buffer.hpp"
#include "memory/binary_holder.hpp"
#include "memory/refusal.hpp"

namespace foundation::inline v0 {

namespace {

using detail::binary_access;
using detail::binary_buffer;
using detail::binary_holder;

/// From here on a container's memory is taken over. Below, copying costs no more than the block that would keep it, and
/// gives the container's block back at once. (256: the least room that `append` makes.)
constexpr std::size_t least_adopted = 256;
/// Room for more, at least; the BEAM's.
constexpr std::size_t least_room = 256;

result<binary> copy_of(const void* bytes, std::size_t size) noexcept {
  if (size <= binary::inline_capacity) return binary_access::make_small(bytes, size);
  binary_buffer* const made = binary_buffer::make(size);
  if (made == nullptr) return errc::system_limit;
  std::memcpy(made->bytes(), bytes, size);
  made->set_used(size);
  return binary_access::make(*made, made->bytes(), size);
}

template <typename Container>
result<binary> take_over(Container& from) noexcept {
  const std::size_t size = from.size();
  if (size >= least_adopted && from.capacity() - size <= size) {
    binary_buffer* const made = binary_buffer::adopt(from);
    if (made == nullptr) return errc::system_limit;
    return binary_access::make(*made, made->bytes(), size);
  }
  auto copied = copy_of(from.data(), size);
  if (copied) Container().swap(from);
  return copied;
}

}  // namespace

binary detail::binary_access::make(binary_buffer& counted, const std::byte* at, std::size_t size) noexcept {
  if (size > binary::inline_capacity) {
    binary made(&counted, at, size);
    counted.show(size);
    hold(made, binary_holder::here());
    return made;
  }
  const binary small = make_small(at, size);
  counted.release(0);
  return small;
}

binary detail::binary_access::make_small(const void* bytes, std::size_t size) noexcept {
  binary made;
  made.small_.size = static_cast<std::uint8_t>(size);
  if (size != 0) std::memcpy(made.small_.bytes, bytes, size);
  return made;
}

void detail::binary_access::hold(const binary& b, binary_holder* holder) noexcept {
  if (!b.is_large() || b.large_.holder == holder) return;
  let_go(b);
  if (holder != nullptr && holder->hold(*b.large_.buffer)) b.large_.holder = holder;
}

void detail::binary_access::let_go(const binary& b) noexcept {
  if (!b.is_large() || b.large_.holder == nullptr) return;
  std::exchange(b.large_.holder, nullptr)->let_go(*b.large_.buffer);
}

void binary::retain() noexcept {
  large_.buffer->retain(large_.size);
  large_.holder = nullptr;
  binary_access::hold(*this, binary_holder::here());
}

void binary::release() noexcept {
  binary_access::let_go(*this);
  large_.buffer->release(large_.size);
}

result<binary> binary::copy(std::span<const std::byte> bytes) noexcept { return copy_of(bytes.data(), bytes.size()); }

result<binary> binary::copy(std::string_view text) noexcept { return copy_of(text.data(), text.size()); }

result<binary> binary::take(std::vector<std::byte>&& bytes) noexcept { return take_over(bytes); }

result<binary> binary::take(std::vector<char>&& bytes) noexcept { return take_over(bytes); }

result<binary> binary::take(std::vector<unsigned char>&& bytes) noexcept { return take_over(bytes); }

result<binary> binary::take(std::string&& text) noexcept { return take_over(text); }

result<binary> binary::slice(std::size_t offset, std::size_t count) const noexcept {
  const std::size_t all = size();
  if (offset > all || (count != rest && count > all - offset)) {
    if (count == rest) return memory::refusal(errc::invalid_argument, "offset: {} given, 0..{} allowed", offset, all);
    return memory::refusal(errc::invalid_argument, "slice: {} bytes from {} on given, within 0..{} allowed", count,
                           offset, all);
  }
  if (count == rest) count = all - offset;
  if (count <= inline_capacity) return binary_access::make_small(data() + offset, count);
  binary part(large_.buffer, large_.at + offset, count);
  part.retain();
  return part;
}

result<void> binary::append_bytes(const void* more, std::size_t count) noexcept {
  if (count == 0) return {};
  if (is_large()) {
    binary_buffer& buffer = *large_.buffer;
    const auto end = static_cast<std::size_t>(large_.at - buffer.bytes()) + large_.size;
    if (!buffer.try_claim(end, count, large_.size)) return append_to_copy(more, count);
    std::memcpy(buffer.bytes() + end, more, count);  // B2; `more` lies before `end`, if it is ours
    large_.size += count;
    return {};
  }
  if (count > inline_capacity - small_.size) return append_to_copy(more, count);
  std::memcpy(small_.bytes + small_.size, more, count);
  small_.size = static_cast<std::uint8_t>(small_.size + count);
  return {};
}

result<void> binary::append_to_copy(const void* more, std::size_t count) noexcept {
  const std::size_t before = size();
  constexpr std::size_t most = static_cast<std::size_t>(-1) / 4;  // more than anybody has; and twice that is a number
  if (count > most - std::min(before, most)) return errc::system_limit;
  const std::size_t all = before + count;
  binary_buffer* const made = binary_buffer::make(std::max(least_room, 2 * all));
  if (made == nullptr) return errc::system_limit;
  std::memcpy(made->bytes(), data(), before);
  std::memcpy(made->bytes() + before, more, count);  // perhaps our own bytes: the old buffer goes last
  made->set_used(all);
  *this = binary_access::make(*made, made->bytes(), all);
  return {};
}

result<void> binary::compact() noexcept {
  if (buffer_size() == size()) return {};
  auto copied = copy_of(data(), size());
  if (!copied) return copied.error();
  *this = std::move(*copied);
  return {};
}

std::size_t binary::buffer_size() const noexcept { return is_large() ? large_.buffer->capacity() : small_.size; }

bool binary::is_shared() const noexcept { return is_large() && large_.buffer->binaries() > 1; }

}  // namespace foundation::inline v0
