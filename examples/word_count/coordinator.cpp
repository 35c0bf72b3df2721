// SPDX-License-Identifier: Apache-2.0
#include "coordinator.hpp"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <utility>

#include "shard.hpp"
#include "worker.hpp"

namespace word_count {

using namespace std::chrono_literals;
using clock = std::chrono::steady_clock;

namespace {

/// Tells `to` that time passes, until it is told to exit: that ends it in its sleep.
fn::pid start_ticker(fn::process& self) {
  const auto life = [to = self.id()](fn::process& ticker) {
    for (;;) {
      ticker.sleep(100ms);
      fn::send(to, tick{});
    }
  };
  return fn::spawn(self, life, {.label = "ticker"}).value();
}

}  // namespace

totals coordinator::run(fn::process& self) {
  const auto begun = clock::now();
  start_shards(self);
  const fn::pid ticker = progress_.is_shown() ? start_ticker(self) : fn::pid();
  progress_.draw(totals_, in_flight_);
  for (;;) {
    start_workers(self);
    if (in_flight_ == 0) break;
    wait_for_one(self);
  }
  collect(self);
  if (ticker) fn::exit(ticker, fn::exit_reason::shutdown);
  progress_.clear();
  totals_.seconds = std::chrono::duration<double>(clock::now() - begun).count();
  return std::move(totals_);
}

void coordinator::start_shards(fn::process& self) {
  for (std::size_t i = 0; i < limits_.shards; ++i) {
    shards_.push_back(fn::spawn(self, shard{}, {.label = "shard " + std::to_string(i)}).value());
  }
}

void coordinator::start_workers(fn::process& self) {
  while (!walked_ && in_flight_ < limits_.in_flight) {
    if (auto next = walk_.next(); !next) {
      walked_ = true;
    } else if (!next->problem.empty()) {
      skip({next->path.string(), next->problem});
    } else {
      start_worker(self, std::move(next->path));
    }
  }
}

void coordinator::start_worker(fn::process& self, fs::path file) {
  std::string path = file.string();
  file_job job{std::move(file), shards_, self.id()};
  const auto spawned = fn::spawn(self, [job = std::move(job)](fn::process& worker) { count_file(worker, job); });
  if (spawned) {
    ++in_flight_;
  } else {
    skip({std::move(path), std::string(spawned.error().message())});
  }
}

void coordinator::wait_for_one(fn::process& self) {
  self.receive(
      [this](counted file) {
        --in_flight_;
        ++totals_.files;
        totals_.bytes += file.bytes;
        totals_.messages += 2 * shards_.size() + 1;  // its parts, their receipts, and this one
      },
      [this](const skipped& file) {
        --in_flight_;
        ++totals_.messages;
        skip(file);
      },
      [this](tick) {
        ++totals_.messages;
        progress_.draw(totals_, in_flight_);
      });
}

/// Each word is in one shard only, so the most frequent of all are among the most frequent of each.
void coordinator::collect(fn::process& self) {
  for (const fn::pid shard : shards_) tell(self, shard, summarise{self.id(), limits_.top});
  for (std::size_t missing = shards_.size(); missing != 0;) {
    expect_alive(shards_);
    self.receive(
        [&](summary&& part) {
          --missing;
          totals_.words += part.words;
          totals_.different += part.different;
          std::move(part.top.begin(), part.top.end(), std::back_inserter(totals_.top));
        },
        fn::after(1s));
  }
  totals_.messages += 2 * shards_.size();
  std::sort(totals_.top.begin(), totals_.top.end(), more_frequent);
  if (totals_.top.size() > limits_.top) totals_.top.resize(limits_.top);
}

void coordinator::skip(const skipped& what) {
  ++totals_.skipped;
  progress_.clear();
  report_skipped(what);
}

}  // namespace word_count
