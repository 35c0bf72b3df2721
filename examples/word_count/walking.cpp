// SPDX-License-Identifier: Apache-2.0
#include "walking.hpp"

#include <utility>

namespace word_count {

foundation::result<file_walk> file_walk::open(const fs::path& directory) {
  std::error_code failure;
  fs::directory_iterator at(directory, failure);
  if (failure)
    return foundation::error(foundation::errc::invalid_argument, directory.string() + ": " + failure.message());
  return file_walk(directory, std::move(at));
}

std::optional<found> file_walk::next() {
  for (;;) {
    if (failure_) return found{directory_, std::exchange(failure_, {}).message()};
    if (at_ != fs::directory_iterator()) {
      const fs::directory_entry entry = *at_;
      at_.increment(failure_);
      if (auto it = look_at(entry)) return it;
    } else {
      if (below_.empty()) return std::nullopt;
      directory_ = std::move(below_.back());
      below_.pop_back();
      at_ = fs::directory_iterator(directory_, failure_);
    }
  }
}

std::optional<found> file_walk::look_at(const fs::directory_entry& entry) {
  std::error_code failure;
  if (entry.symlink_status(failure).type() == fs::file_type::directory) {
    below_.push_back(entry.path());
    return std::nullopt;
  }
  const fs::file_type type = entry.status(failure).type();  // of what a link leads to
  if (type == fs::file_type::regular) return found{entry.path(), {}};
  if (type == fs::file_type::not_found) return found{entry.path(), "broken link"};
  if (failure) return found{entry.path(), failure.message()};
  return std::nullopt;
}

}  // namespace word_count
