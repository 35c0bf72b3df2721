// SPDX-License-Identifier: Apache-2.0
//
// Counts the words of a directory's files, with a process for each file and one for each share of the result.
// messages.hpp shows who talks to whom.
#include <fmt/format.h>

#include <cstdio>
#include <exception>
#include <future>
#include <string_view>
#include <utility>

#include <foundation/foundation.hpp>

#include "coordinator.hpp"
#include "options.hpp"
#include "report.hpp"
#include "walking.hpp"

namespace {

using namespace word_count;

constexpr int failed = 1;
constexpr int wrong_use = 2;

int complain(std::string_view what, int status) {
  fmt::print(stderr, "word_count: {}\n", what);
  return status;
}

int count_words(const options& wanted) {
  auto walk = file_walk::open(wanted.directory);
  if (!walk) return complain(walk.error().message(), wrong_use);
  auto rt = fn::runtime::create({.schedulers = wanted.schedulers, .name = "word_count"});
  if (!rt) return complain(rt.error().message(), failed);

  // A future brings the answer out of the world of processes into this plain thread.
  std::promise<totals> promise;
  std::future<totals> answer = promise.get_future();
  const limits bounds{.shards = 2 * rt->schedulers(), .in_flight = wanted.in_flight, .top = wanted.top};
  auto life = [work = coordinator(*std::move(walk), bounds), promise = std::move(promise)](fn::process& self) mutable {
    try {
      promise.set_value(work.run(self));
    } catch (const std::exception&) {
      promise.set_exception(std::current_exception());
    }
  };
  const auto started = fn::spawn(*rt, std::move(life), {.label = "coordinator"});
  if (!started) return complain(started.error().message(), failed);

  const totals all = answer.get();
  if (all.files == 0) return complain(wanted.directory + ": no file to count", failed);
  print_report(all, rt->counters());
  return 0;
}

}  // namespace

int main(int argc, char** argv) try {
  const auto wanted = parse(argc, argv);
  if (!wanted) {
    complain(wanted.error().message(), wrong_use);
    return complain("--help says more", wrong_use);
  }
  if (wanted->help) {
    fmt::print("{}", usage);
    return 0;
  }
  return count_words(*wanted);
} catch (const std::exception& failure) {
  return complain(failure.what(), failed);
}
