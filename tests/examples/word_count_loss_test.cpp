// SPDX-License-Identifier: Apache-2.0
//
// Processes of the example word_count whose partners have ended: nobody waits for an answer that will not come.
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <future>
#include <sstream>
#include <string>

#include "process/process.hpp"
#include "support/runtime_fixture.hpp"
#include "word_count/coordinator.hpp"
#include "word_count/messages.hpp"
#include "word_count/worker.hpp"

namespace foundation::testing {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

class WordCountLoss : public RuntimeTest {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "word_count_XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    root = name;
    std::ofstream words(root / "words");
    for (std::size_t i = 0; i < scaled(1'000'000, 200'000); ++i) words << "w" << i % 500 << ' ';
  }
  void TearDown() override {
    RuntimeTest::TearDown();
    fs::remove_all(root);
  }

  /// The live process with this label, once there is one.
  fn::pid find(fn::process& self, const std::string& label) {
    for (;;) {
      std::stringstream lines;
      rt().dump(lines);
      for (std::string line; std::getline(lines, line);) {
        unsigned slot = 0;
        unsigned long long generation = 0;
        if (line.find("> \"" + label + "\" ") == std::string::npos) continue;
        EXPECT_EQ(std::sscanf(line.c_str(), "<0.%u.%llu>", &slot, &generation), 2) << line;
        using access = fn::detail::pid_access;
        return access::make(0, access::tag(self.id()), slot, generation);
      }
      self.sleep(0s);
    }
  }

  fs::path root;
};

TEST_F(WordCountLoss, of_a_shard_makes_a_worker_report_its_file_as_skipped) {
  start();
  const fn::pid shard = fn::spawn(rt(), [](fn::process&) {}).value();
  wait_dead(shard);
  std::promise<word_count::skipped> promise;
  fn::spawn(rt(), [&](fn::process& coordinator) {
    const word_count::file_job job{root / "words", {shard}, coordinator.id()};
    const auto life = [job](fn::process& worker) { word_count::count_file(worker, job); };
    EXPECT_TRUE(fn::spawn(coordinator, life));
    coordinator.receive([&](const word_count::skipped& last) { promise.set_value(last); });
  }).value();
  const auto last = promise.get_future().get();
  EXPECT_EQ(last.path, (root / "words").string());
  EXPECT_EQ(last.reason, "a process that held a part of the result has ended");
}

TEST_F(WordCountLoss, of_a_shard_is_no_answer_of_the_coordinators) {
  start({.schedulers = 1});
  // Has its turn while the file is read, which takes many slices.
  fn::spawn(rt(), [&](fn::process& self) {
    EXPECT_TRUE(fn::exit(find(self, "shard 1"), fn::exit_reason::kill));
  }).value();
  std::promise<std::string> promise;
  fn::spawn(rt(), [&](fn::process& self) {
    word_count::coordinator work(word_count::file_walk::open(root).value(), {.shards = 2, .in_flight = 1, .top = 1});
    try {
      static_cast<void>(work.run(self));
      promise.set_value("an answer");
    } catch (const std::exception& failure) {
      promise.set_value(failure.what());
    }
  }).value();
  EXPECT_EQ(promise.get_future().get(), "a process that held a part of the result has ended");
}

}  // namespace
}  // namespace foundation::testing
