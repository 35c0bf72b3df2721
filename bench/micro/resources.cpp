// SPDX-License-Identifier: Apache-2.0
#include "resources.hpp"

#include <dlfcn.h>

#include <new>

namespace bench {

namespace {

class malloc_memory final : public std::pmr::memory_resource {
  void* do_allocate(std::size_t bytes, std::size_t) override { return ::operator new(bytes); }
  void do_deallocate(void* at, std::size_t, std::size_t) override { ::operator delete(at); }
  [[nodiscard]] bool do_is_equal(const memory_resource& other) const noexcept override { return this == &other; }
};

class mimalloc_memory final : public std::pmr::memory_resource {
 public:
  mimalloc_memory() noexcept {
    for (const char* name : {"libmimalloc.so.2", "libmimalloc.so.2.0", "libmimalloc.so.3", "libmimalloc.so"}) {
      void* const library = ::dlopen(name, RTLD_NOW | RTLD_LOCAL);
      if (library == nullptr) continue;
      allocate_ = reinterpret_cast<decltype(allocate_)>(::dlsym(library, "mi_malloc"));
      free_ = reinterpret_cast<decltype(free_)>(::dlsym(library, "mi_free"));
      return;
    }
  }
  [[nodiscard]] bool is_there() const noexcept { return allocate_ != nullptr && free_ != nullptr; }

 private:
  void* do_allocate(std::size_t bytes, std::size_t) override {
    void* const block = allocate_(bytes);
    if (block == nullptr) throw std::bad_alloc();
    return block;
  }
  void do_deallocate(void* at, std::size_t, std::size_t) override { free_(at); }
  [[nodiscard]] bool do_is_equal(const memory_resource& other) const noexcept override { return this == &other; }

  void* (*allocate_)(std::size_t) = nullptr;
  void (*free_)(void*) = nullptr;
};

}  // namespace

std::pmr::memory_resource& malloc_resource() noexcept {
  static malloc_memory one;
  return one;
}

std::pmr::memory_resource* mimalloc_resource() noexcept {
  static mimalloc_memory one;
  return one.is_there() ? &one : nullptr;
}

resource::resource(source from, foundation::process& self) : from_(from), self_(self) {
  switch (from) {
    case source::arena: used_ = &self.arena(); break;
    case source::scratch: used_ = &self.scratch(); break;
    case source::malloc: used_ = &malloc_resource(); break;
    case source::mimalloc: used_ = mimalloc_resource(); break;
    case source::pool: used_ = &pool_.emplace(&malloc_resource()); break;
    case source::monotonic:
      buffer_.resize(64 * std::size_t{1024});
      used_ = &monotonic_.emplace(buffer_.data(), buffer_.size(), &malloc_resource());
      break;
  }
}

void resource::end_turn() noexcept {
  if (from_ == source::scratch) self_.reset_scratch();
  if (monotonic_) monotonic_->release();
}

}  // namespace bench
