// SPDX-License-Identifier: Apache-2.0
#include "worker.hpp"

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <memory>
#include <system_error>
#include <utility>

#include "messages.hpp"
#include "shard.hpp"

namespace word_count {

using namespace std::chrono_literals;

namespace {

constexpr std::size_t chunk_bytes = 64 * 1024;
constexpr std::uint32_t bytes_per_reduction = 64;  // a chunk costs a quarter of a slice

struct close_file {
  void operator()(std::FILE* file) const noexcept { static_cast<void>(std::fclose(file)); }
};

[[noreturn]] void throw_errno() { throw std::system_error(errno, std::generic_category()); }

/// Counts the file's words into the tables, each word into that of its shard; returns the file's size.
std::uint64_t read_words(fn::process& self, const std::filesystem::path& path, std::vector<word_table>& tables) {
  const std::unique_ptr<std::FILE, close_file> file(std::fopen(path.c_str(), "rb"));
  if (file == nullptr) throw_errno();
  std::setvbuf(file.get(), nullptr, _IONBF, 0);  // the chunk is the buffer

  const auto on_word = [&tables](std::string_view word) {
    const std::size_t hash = word_table::hash(word);
    tables[(hash >> 32) % tables.size()].add(word, hash, 1);  // the tables themselves use the lower half
  };
  word_scanner scanner;
  const auto chunk = std::make_unique_for_overwrite<char[]>(chunk_bytes);
  std::uint64_t total = 0;
  while (const std::size_t bytes = std::fread(chunk.get(), 1, chunk_bytes, file.get())) {
    scanner.feed({chunk.get(), bytes}, on_word);
    total += bytes;
    self.consume(1 + static_cast<std::uint32_t>(bytes) / bytes_per_reduction);  // a huge file lets others run
  }
  if (std::ferror(file.get()) != 0) throw_errno();
  scanner.finish(on_word);
  return total;
}

void wait_until_merged(fn::process& self, const std::vector<fn::pid>& shards) {
  for (bool waits = true; waits;) {
    expect_alive(shards);
    self.receive([&waits](merged) { waits = false; }, fn::after(1s));
  }
}

}  // namespace

void count_file(fn::process& self, const file_job& job) try {
  std::vector<word_table> tables(job.shards.size());
  const std::uint64_t bytes = read_words(self, job.path, tables);
  for (std::size_t i = 0; i < tables.size(); ++i) {
    fn::send(job.shards[i], partial_counts{self.id(), std::move(tables[i])}).value();
  }
  // Waiting until the shards have taken the words in keeps the files in flight a bound on all memory in use.
  for (std::size_t i = 0; i < tables.size(); ++i) wait_until_merged(self, job.shards);
  tell(self, job.coordinator, counted{bytes});
} catch (const std::exception& failure) {
  tell(self, job.coordinator, skipped{job.path.string(), failure.what()});
}

}  // namespace word_count
