// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <vector>

#include <foundation/foundation.hpp>

namespace word_count {

/// What one worker has to do. Each worker has a copy: processes share nothing.
struct file_job {
  std::filesystem::path path;
  std::vector<foundation::pid> shards;
  foundation::pid coordinator;
};

/// The life of a worker: reads one file, hands its words to the shards, and tells the coordinator when all have
/// arrived.
void count_file(foundation::process& self, const file_job& job);

}  // namespace word_count
