// SPDX-License-Identifier: Apache-2.0
#include "memory/binary_buffer.hpp"

#include <array>
#include <cstdint>
#include <new>
#include <utility>

#include <foundation/pid.hpp>  // detail::mix

#include "memory/backing.hpp"

namespace foundation::inline v0 {

namespace {

/// What one of some groups of threads has made and freed. A buffer that is freed by another group than has made it
/// leaves a difference in each; only the sums mean something. Relaxed: they count, and order nothing.
struct alignas(base::cacheline) tally {
  sync::atomic<std::size_t> buffers{0};
  sync::atomic<std::size_t> bytes{0};
  sync::atomic<std::size_t> adopted_buffers{0};
  sync::atomic<std::size_t> adopted_bytes{0};
  sync::atomic<std::size_t> sparse_buffers{0};
  sync::atomic<std::size_t> sparse_bytes{0};
};

constexpr std::size_t groups = 32;  // picked: 2 KiB; so that as many threads seldom meet
constinit std::array<tally, groups> tallies{};

tally& own_tally() noexcept {
  const auto at = reinterpret_cast<std::uintptr_t>(&base::this_thread());
  return tallies[detail::mix(0, at) % groups];
}

/// One buffer more; or one less, as `one` and the bytes wrap round.
void count(std::size_t one, std::size_t bytes, std::size_t adopted_bytes) noexcept {
  tally& t = own_tally();
  t.buffers.fetch_add(one, sync::memory_order_relaxed);
  t.bytes.fetch_add(bytes, sync::memory_order_relaxed);
  if (adopted_bytes == 0) return;
  t.adopted_buffers.fetch_add(one, sync::memory_order_relaxed);
  t.adopted_bytes.fetch_add(adopted_bytes, sync::memory_order_relaxed);
}

std::size_t sum_of(sync::atomic<std::size_t> tally::* part) noexcept {
  std::size_t sum = 0;
  for (const tally& t : tallies) sum += (t.*part).load(sync::memory_order_relaxed);
  // Of a buffer made and freed while this was going on, the end alone may have been seen.
  return static_cast<std::ptrdiff_t>(sum) < 0 ? 0 : sum;
}

}  // namespace

namespace detail {

template <typename Container>
struct binary_buffer::adopted : binary_buffer {
  explicit adopted(Container& from) noexcept
      : binary_buffer(reinterpret_cast<std::byte*>(from.data()), from.size(), sizeof(adopted), from.capacity()),
        container(std::move(from)) {
    from.clear();
    set_used(capacity_);  // what is behind a container's size is not ours to write
    destroy_container_ = [](binary_buffer& b) noexcept { static_cast<adopted&>(b).container.~Container(); };
  }
  // The container is destroyed through `destroy_container_`, and the rest has nothing to destroy.
  ~adopted() = delete;
  union {
    Container container;
  };
};

binary_buffer* binary_buffer::make(std::size_t capacity) noexcept {
  constexpr std::size_t most = static_cast<std::size_t>(PTRDIFF_MAX) - sizeof(binary_buffer);
  if (capacity > most) return nullptr;
  void* const memory = memory::allocate(sizeof(binary_buffer) + capacity);
  if (memory == nullptr) return nullptr;
  auto* const bytes = static_cast<std::byte*>(memory) + sizeof(binary_buffer);
  auto* const made = ::new (memory) binary_buffer(bytes, capacity, sizeof(binary_buffer) + capacity, 0);
  count(1, made->footprint(), 0);
  return made;
}

template <typename Container>
binary_buffer* binary_buffer::adopt(Container& container) noexcept {
  void* const memory = memory::allocate(sizeof(adopted<Container>));
  if (memory == nullptr) return nullptr;
  auto* const made = ::new (memory) adopted<Container>(container);
  count(1, made->footprint(), made->adopted_bytes_);
  return made;
}

template binary_buffer* binary_buffer::adopt(std::vector<std::byte>&) noexcept;
template binary_buffer* binary_buffer::adopt(std::vector<char>&) noexcept;
template binary_buffer* binary_buffer::adopt(std::vector<unsigned char>&) noexcept;
template binary_buffer* binary_buffer::adopt(std::string&) noexcept;

void sparse_line::cross(bool to_sparse) const noexcept {
  tally& t = own_tally();
  t.sparse_buffers.fetch_add(to_sparse ? 1 : std::size_t{0} - 1, sync::memory_order_relaxed);
  t.sparse_bytes.fetch_add(to_sparse ? bytes : std::size_t{0} - bytes, sync::memory_order_relaxed);
}

void binary_buffer::free() noexcept {
  count(std::size_t{0} - 1, std::size_t{0} - footprint(), std::size_t{0} - adopted_bytes_);
  if (destroy_container_ != nullptr) destroy_container_(*this);
  memory::deallocate(this);
}

}  // namespace detail

binary_figures binary_statistics() noexcept {
  return {.buffers = sum_of(&tally::buffers),
          .bytes = sum_of(&tally::bytes),
          .adopted_buffers = sum_of(&tally::adopted_buffers),
          .adopted_bytes = sum_of(&tally::adopted_bytes),
          .sparse_buffers = sum_of(&tally::sparse_buffers),
          .sparse_bytes = sum_of(&tally::sparse_bytes)};
}

}  // namespace foundation::inline v0
