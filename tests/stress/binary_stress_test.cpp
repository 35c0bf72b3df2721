// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <deque>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include <foundation/binary.hpp>

#include "base/base.hpp"
#include "support/backing_probe.hpp"
#include "support/scale.hpp"

namespace foundation::memory {
namespace {

constexpr std::size_t threads_at_once = 4;

std::string letters(std::size_t n) {
  std::string out;
  for (std::size_t i = 0; i != n; ++i) out += static_cast<char>('a' + i % 26);
  return out;
}

template <typename Body>
void run_threads(Body body) {
  std::vector<sync::thread> threads;
  for (std::size_t t = 0; t != threads_at_once; ++t) threads.emplace_back([&body, t] { body(t); });
  for (auto& t : threads) t.join();
}

/// Gives back all that it has allocated, by the allocator's count and by the statistics.
class BinaryStress : public ::testing::Test {
 protected:
  ~BinaryStress() override {
    EXPECT_EQ(probe_.live(), 0);
    EXPECT_EQ(binary_statistics().buffers, before_.buffers);
    EXPECT_EQ(binary_statistics().bytes, before_.bytes);
    EXPECT_EQ(binary_statistics().adopted_bytes, before_.adopted_bytes);
  }

 private:
  testing::backing_probe probe_;
  binary_figures before_ = binary_statistics();
};

TEST_F(BinaryStress, threads_copy_slice_and_append_to_one_binary_and_each_sees_its_own) {
  const std::string text = letters(150);
  binary base;
  base.append(text).value();  // with room behind
  run_threads([&](std::size_t t) {
    std::mt19937_64 random(t);
    for (std::size_t i = 0; i != testing::scaled(100'000, 2000); ++i) {
      binary own = base;
      std::string model = text;
      if (random() % 2 == 0) {
        const std::size_t from = random() % text.size();
        own = own.slice(from).value();
        model = text.substr(from);
      }
      for (std::size_t n = random() % 4; n != 0; --n) {
        const std::string more = std::to_string(t) + letters(random() % 40);
        own.append(more).value();
        model += more;
      }
      if (random() % 16 == 0) own.compact().value();
      ASSERT_EQ(own.text(), model);
    }
  });
  EXPECT_EQ(base.text(), text);
}

TEST_F(BinaryStress, one_of_those_who_append_to_copies_at_once_gets_the_place_behind) {
  for (std::size_t round = 0; round != testing::scaled(3000, 100); ++round) {
    const std::string text = letters(100);
    binary base;
    base.append(text).value();
    std::vector<binary> own(threads_at_once, base);
    sync::atomic<std::size_t> ready{0};
    run_threads([&](std::size_t t) {
      ready.fetch_add(1);
      while (ready.load() != threads_at_once) std::this_thread::yield();
      own[t].append(std::to_string(t)).value();
    });
    std::size_t in_place = 0;
    for (std::size_t t = 0; t != threads_at_once; ++t) {
      ASSERT_EQ(own[t], text + std::to_string(t));
      if (own[t].buffer() == base.buffer()) ++in_place;
    }
    ASSERT_EQ(in_place, 1u);
    ASSERT_EQ(base, text);
  }
}

TEST_F(BinaryStress, readers_of_snapshots_see_them_whole_while_their_writer_goes_on_behind) {
  constexpr std::size_t kept = 32;
  sync::mutex mutex{base::lock_rank::leaf};
  std::deque<binary> snapshots;
  sync::atomic<bool> done{false};
  sync::thread writer([&] {
    binary log;
    for (std::size_t i = 0; i != testing::scaled(100'000, 2000); ++i) {
      if (log.size() > 5000) log = log.slice(log.size() - 1).value();
      const auto last = log.empty() ? '`' : log.text().back();
      log.append(std::string_view(last == 'z' ? "a" : std::string(1, static_cast<char>(last + 1)))).value();
      const sync::lock_guard lock(mutex);
      snapshots.push_back(log);
      if (snapshots.size() > kept) snapshots.pop_front();
    }
    done.store(true);
  });
  run_threads([&](std::size_t t) {
    std::mt19937_64 random(t);
    while (!done.load()) {
      binary seen;
      {
        const sync::lock_guard lock(mutex);
        if (!snapshots.empty()) seen = snapshots[random() % snapshots.size()];
      }
      const std::string_view text = seen.text();
      for (std::size_t i = 1; i < text.size(); ++i) ASSERT_EQ((text[i] - 'a') % 26, (text[i - 1] - 'a' + 1) % 26);
    }
  });
  writer.join();
}

TEST_F(BinaryStress, buffers_are_freed_by_whichever_thread_has_the_last_one) {
  sync::mutex mutex{base::lock_rank::leaf};
  std::vector<binary> shelf(64);
  run_threads([&](std::size_t t) {
    std::mt19937_64 random(t);
    for (std::size_t i = 0; i != testing::scaled(100'000, 2000); ++i) {
      const std::size_t size = 64 + random() % 1000;
      binary mine = i % 2 == 0 ? binary::copy(letters(size)).value() : binary::take(letters(size)).value();
      const sync::lock_guard lock(mutex);
      binary& place = shelf[random() % shelf.size()];
      if (random() % 4 == 0) mine = place;
      place.swap(mine);
    }
  });
  for (const binary& b : shelf) EXPECT_EQ(b.text(), letters(b.size()));
}

}  // namespace
}  // namespace foundation::memory
