// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include <foundation/foundation.hpp>

#include "messages.hpp"
#include "report.hpp"
#include "walking.hpp"

namespace word_count {

struct limits {
  std::size_t shards;
  std::size_t in_flight;  // files being read or merged at a time
  std::size_t top;        // words wanted
};

/// Walks the directory, keeps a bounded number of workers busy, and puts the answer together.
class coordinator {
 public:
  coordinator(file_walk walk, const limits& given) : walk_(std::move(walk)), limits_(given) {}

  /// The life of the process. @throws what keeps it from an answer
  [[nodiscard]] totals run(fn::process& self);

 private:
  void start_shards(fn::process& self);
  void start_workers(fn::process& self);
  void start_worker(fn::process& self, fs::path file);
  void wait_for_one(fn::process& self);
  void collect(fn::process& self);
  void skip(const skipped& what);

  file_walk walk_;
  const limits limits_;
  std::vector<fn::pid> shards_;
  std::size_t in_flight_ = 0;
  bool walked_ = false;
  totals totals_;
  progress_line progress_;
};

}  // namespace word_count
