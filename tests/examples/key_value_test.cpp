// SPDX-License-Identifier: Apache-2.0
//
// Runs the example key_value as its users do, and talks to it over its sockets.
#include <arpa/inet.h>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <netinet/in.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "support/scale.hpp"

namespace foundation::testing {
namespace {

using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string line_from(std::FILE* in) {
  std::string line;
  for (int c = std::fgetc(in); c != EOF && c != '\n'; c = std::fgetc(in)) line += static_cast<char>(c);
  return line;
}

/// The program, and what it prints.
class program {
 public:
  explicit program(const std::vector<std::string>& arguments = {}) {
    int out[2];
    if (::pipe2(out, O_CLOEXEC) != 0) std::abort();
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions, out[1], STDERR_FILENO);
    std::vector<char*> argv{const_cast<char*>(FOUNDATION_KEY_VALUE)};
    for (const auto& a : arguments) argv.push_back(const_cast<char*>(a.c_str()));
    argv.push_back(nullptr);
    EXPECT_EQ(::posix_spawn(&id_, FOUNDATION_KEY_VALUE, &actions, nullptr, argv.data(), environ), 0);
    ::posix_spawn_file_actions_destroy(&actions);
    ::close(out[1]);
    out_ = ::fdopen(out[0], "r");
  }
  program(const program&) = delete;
  program& operator=(const program&) = delete;
  ~program() {
    if (id_ != 0) {
      ::kill(id_, SIGKILL);
      static_cast<void>(status());
    }
    std::fclose(out_);
  }

  [[nodiscard]] std::string line() { return line_from(out_); }
  void signal(int which) const { ::kill(id_, which); }
  /// Waits for its end: the exit status, or 128 and the signal.
  [[nodiscard]] int status() {
    int status = 0;
    ::waitpid(std::exchange(id_, 0), &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }

 private:
  pid_t id_ = 0;
  std::FILE* out_ = nullptr;
};

class client {
 public:
  explicit client(int port) {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    in_ = ::fdopen(fd, "r");
  }
  client(const client&) = delete;
  client& operator=(const client&) = delete;
  ~client() { std::fclose(in_); }

  void tell(const std::string& line) {
    const std::string all = line + '\n';
    EXPECT_EQ(::send(::fileno(in_), all.data(), all.size(), MSG_NOSIGNAL), static_cast<ssize_t>(all.size()));
  }
  [[nodiscard]] std::string line() { return line_from(in_); }
  [[nodiscard]] std::string ask(const std::string& line) {
    tell(line);
    return this->line();
  }

 private:
  std::FILE* in_ = nullptr;
};

class KeyValue : public ::testing::Test {
 protected:
  void SetUp() override {
    const std::string said = server.line();
    ASSERT_THAT(said, StartsWith("listening on 127.0.0.1:"));
    port = std::stoi(said.substr(said.rfind(':') + 1));
  }
  void stop() {
    EXPECT_EQ(client(port).ask("stop"), "bye");
    EXPECT_EQ(server.status(), 0);
  }

  program server{std::vector<std::string>{"--port", "0"}};
  int port = 0;
};

TEST_F(KeyValue, keeps_what_it_is_given) {
  client c(port);
  EXPECT_EQ(c.ask("get colour"), "none");
  EXPECT_EQ(c.ask("put colour dark blue"), "ok");
  EXPECT_EQ(c.ask("put shape round"), "ok");
  EXPECT_EQ(client(port).ask("get colour"), "value dark blue");
  EXPECT_EQ(c.ask("mget shape weight colour"), "value round");
  EXPECT_EQ(c.line(), "none");
  EXPECT_EQ(c.line(), "value dark blue");
  EXPECT_EQ(c.ask("quit"), "bye");
  EXPECT_EQ(c.line(), "");
  stop();
}

TEST_F(KeyValue, says_what_it_does_not_understand) {
  client c(port);
  EXPECT_THAT(c.ask("forget colour"), HasSubstr("error unknown command: forget"));
  EXPECT_THAT(c.ask("put colour"), HasSubstr("error put: no value"));
  EXPECT_THAT(c.ask("mget"), HasSubstr("error mget: no key"));
  EXPECT_THAT(c.ask(""), HasSubstr("error a command and a key are wanted"));
  EXPECT_EQ(c.ask("put colour red"), "ok");
  stop();
}

TEST_F(KeyValue, tells_those_who_watch_of_the_next_change) {
  client first(port);
  client second(port);
  client writer(port);
  for (int round = 0; round != 20; ++round) {
    first.tell("watch colour");
    second.tell("watch colour");
    // Whether they watch already is not seen from here: until both know, the writer goes on.
    std::string heard[2];
    std::thread readers[2] = {std::thread([&] { heard[0] = first.line(); }), std::thread([&] { heard[1] = second.line(); })};
    std::atomic<int> done{0};
    std::thread waits([&] {
      for (auto& each : readers) {
        each.join();
        ++done;
      }
    });
    for (int n = 0; done != 2; ++n) EXPECT_EQ(writer.ask("put colour " + std::to_string(n)), "ok");
    waits.join();
    EXPECT_THAT(heard[0], StartsWith("changed "));
    EXPECT_THAT(heard[1], StartsWith("changed "));
  }
  stop();
}

TEST_F(KeyValue, answers_those_who_await_a_value_when_there_is_one) {
  client waits(port);
  client waits_too(port);
  client writer(port);
  waits.tell("await colour");
  waits_too.tell("await colour");
  EXPECT_EQ(writer.ask("put colour red"), "ok");
  EXPECT_EQ(waits.line(), "value red");
  EXPECT_EQ(waits_too.line(), "value red");
  EXPECT_EQ(waits.ask("await colour"), "value red");
  waits.tell("await shape");  // the end of the service ends it
  stop();
}

TEST_F(KeyValue, serves_many_at_once) {
  const int rounds = static_cast<int>(scaled(200, 20));
  std::vector<std::thread> threads;
  for (int t = 0; t != 8; ++t) {
    threads.emplace_back([&, t] {
      client c(port);
      const std::string mine = "key" + std::to_string(t);
      for (int n = 0; n != rounds; ++n) {
        EXPECT_EQ(c.ask("put " + mine + ' ' + std::to_string(n)), "ok");
        EXPECT_EQ(c.ask("get " + mine), "value " + std::to_string(n));
        EXPECT_THAT(c.ask("get key" + std::to_string(n % 8)), AnyOf("none", StartsWith("value ")));
      }
    });
  }
  for (auto& each : threads) each.join();
  stop();
}

TEST_F(KeyValue, ends_by_a_signal_while_clients_are_connected_and_some_watch) {
  client idle(port);
  client watches(port);
  EXPECT_EQ(watches.ask("put colour red"), "ok");
  watches.tell("watch colour");
  server.signal(SIGTERM);
  EXPECT_EQ(server.status(), 0);
  EXPECT_EQ(idle.line(), "");
}

TEST_F(KeyValue, says_what_is_wrong_with_its_arguments_and_its_port) {
  for (const std::vector<std::string>& wrong :
       {std::vector<std::string>{"--port"}, {"--port", "x"}, {"--port", "65536"}, {"--port", "-1"}, {"--help"}}) {
    program other(wrong);
    EXPECT_THAT(other.line(), StartsWith("key_value: usage: "));
    EXPECT_EQ(other.status(), 2);
  }
  program other({"--port", std::to_string(port)});
  EXPECT_THAT(other.line(), HasSubstr("bind"));
  EXPECT_EQ(other.status(), 1);
  stop();
}

}  // namespace
}  // namespace foundation::testing
