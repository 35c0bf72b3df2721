// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

#include <foundation/foundation.hpp>

namespace word_count {

namespace fs = std::filesystem;

/// Something a walk came upon: a file to read, or, with a problem, something that cannot be read.
struct found {
  fs::path path;
  std::string problem;  // empty for a file
};

/// The files below a directory, one at a time, in no particular order. A link to a file is followed, a link to a
/// directory is not, so a walk ends. Sockets, pipes and devices are passed over.
class file_walk {
 public:
  /// @errors errc::invalid_argument when there is no such directory, or it cannot be read; the message says why
  [[nodiscard]] static foundation::result<file_walk> open(const fs::path& directory);

  /// Nothing when the walk is over.
  [[nodiscard]] std::optional<found> next();

 private:
  file_walk(fs::path directory, fs::directory_iterator at) : directory_(std::move(directory)), at_(std::move(at)) {}

  [[nodiscard]] std::optional<found> look_at(const fs::directory_entry& entry);

  fs::path directory_;  // where at_ is
  fs::directory_iterator at_;
  std::error_code failure_;      // of the last step of at_
  std::vector<fs::path> below_;  // directories still to be read
};

}  // namespace word_count
