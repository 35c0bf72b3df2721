// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <atomic>
#include <random>
#include <string>
#include <vector>

#include <foundation/multi_send.hpp>

#include "support/runtime_fixture.hpp"
#include "support/scale.hpp"

namespace foundation::testing {
namespace {

/// Knows whether it was changed, and how many there are.
struct bulletin {
  static inline std::atomic<int> live{0};

  explicit bulletin(int n) : number(n), text(500, static_cast<char>('a' + n % 26)) { ++live; }
  bulletin(const bulletin& other) : number(other.number), text(other.text) { ++live; }
  bulletin(bulletin&& other) noexcept : number(other.number), text(std::move(other.text)) { ++live; }
  bulletin& operator=(const bulletin&) = delete;
  ~bulletin() { --live; }

  [[nodiscard]] bool is_whole() const { return text == std::string(500, static_cast<char>('a' + number % 26)); }
  int number;
  std::string text;
};

/// Reads, changes its own copy, or dies, by chance.
struct subscriber {
  using messages = fn::messages<bulletin>;
  void handle(fn::process& self, const bulletin& b) {
    EXPECT_TRUE(b.is_whole());
    ++*seen;
    if (random() % 1000 == 0) self.exit(fn::exit_reason::shutdown);
  }
  std::mt19937 random;
  std::atomic<std::size_t>* seen;
};
struct editor {
  using messages = fn::messages<bulletin>;
  void handle(fn::process&, bulletin b) {
    EXPECT_TRUE(b.is_whole());
    b.text.assign(10, '-');
    ++*seen;
  }
  std::atomic<std::size_t>* seen;
};

class MultiSendStress : public RuntimeTest {};

TEST_F(MultiSendStress, each_receiver_alive_sees_each_message_whole_and_nothing_is_left) {
  start({.schedulers = 3});
  const int rounds = static_cast<int>(scaled(5000, 200));
  std::atomic<std::size_t> seen{0};
  std::vector<fn::pid> readers;
  for (unsigned i = 0; i != 20; ++i) {
    readers.push_back(fn::spawn(rt(), subscriber{std::mt19937(i), &seen}).value());
    readers.push_back(fn::spawn(rt(), editor{&seen}).value());
  }
  std::atomic<std::size_t> delivered{0};
  std::vector<fn::pid> senders;
  for (int s = 0; s != 4; ++s) {
    senders.push_back(fn::spawn(rt(), [&, s](fn::process&) {
                        for (int n = 0; n != rounds; ++n) delivered += fn::multi_send(readers, bulletin(n + s)).value().delivered;
                      }).value());
  }
  for (const fn::pid p : senders) wait_gone(p);
  EXPECT_TRUE(rt().shutdown(std::chrono::seconds(60)).empty()) << "they end when they have handled all";
  stop();
  EXPECT_LE(seen, delivered);
  EXPECT_GE(seen, 20u * 4u * static_cast<unsigned>(rounds)) << "all of the editors'";
  EXPECT_EQ(bulletin::live, 0);
  EXPECT_EQ(probe.live(), 0);
}

}  // namespace
}  // namespace foundation::testing
