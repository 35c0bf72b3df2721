// SPDX-License-Identifier: Apache-2.0
//
// A service with a blocking accept loop of its own, in which the data belongs to processes: its threads ask them and
// watch them, and `main`, which has nothing else to do, runs them. `connection.hpp` has the protocol:
//
//   $ key_value --port 7000 &
//   $ printf 'put colour blue\nget colour\nstop\n' | nc 127.0.0.1 7000
#include <fmt/format.h>
#include <pthread.h>
#include <signal.h>

#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <optional>
#include <stop_token>
#include <string_view>
#include <thread>

#include "server.hpp"
#include "shard.hpp"
#include "socket.hpp"

namespace {

using namespace key_value;
using namespace std::chrono_literals;

constexpr int failed = 1;
constexpr int wrong_use = 2;

int complain(std::string_view what, int status) {
  fmt::print(stderr, "key_value: {}\n", what);
  return status;
}

/// `--port N`; nothing: any port.
std::optional<std::uint16_t> parse(int argc, char** argv) {
  if (argc == 1) return 0;
  if (argc != 3 || std::string_view(argv[1]) != "--port") return std::nullopt;
  const std::string_view text(argv[2]);
  std::uint16_t port = 0;
  const auto [end, problem] = std::from_chars(text.begin(), text.end(), port);
  if (problem != std::errc() || end != text.end()) return std::nullopt;
  return port;
}

/// SIGINT and SIGTERM end the service. A handler could not ask for it (`request_stop` takes a lock): a thread waits for them.
class signals {
 public:
  explicit signals(std::stop_source stop) {
    sigset_t ends;
    ::sigemptyset(&ends);
    ::sigaddset(&ends, SIGINT);
    ::sigaddset(&ends, SIGTERM);
    ::pthread_sigmask(SIG_BLOCK, &ends, nullptr);  // in every thread made from here on
    thread_ = std::thread([ends, stop]() mutable {
      int which = 0;
      ::sigwait(&ends, &which);
      stop.request_stop();
    });
  }
  ~signals() {
    ::pthread_kill(thread_.native_handle(), SIGTERM);  // where no signal has ended it
    thread_.join();
  }

 private:
  std::thread thread_;
};

int run(std::uint16_t port) {
  std::stop_source stop;
  const signals ends(stop);  // before any other thread
  socket listening = listen_on(port);
  fmt::print("listening on 127.0.0.1:{}\n", port_of(listening));
  std::fflush(stdout);

  fn::runtime rt({.schedulers = 2, .name = "key_value"});
  const auto keys = store::start(rt, 4, stop);
  if (!keys) return complain(keys.error().message(), failed);
  int status = 0;  // the accepting thread's until it is joined
  {
    server service(rt, *keys, std::move(listening), stop);
    std::thread accepting([&] {
      try {
        service.accept_loop();
      } catch (const std::exception& failure) {
        status = complain(failure.what(), failed);
        stop.request_stop();

      }
    });
    const auto lent = rt.run_here(stop.get_token());
    service.wake();
    accepting.join();
    rt.shutdown(5s);  // tells threads that wait for a change, too
    if (!lent) return complain(lent.error().message(), failed);
  }
  return status;
}

}  // namespace

int main(int argc, char** argv) try {
  const auto port = parse(argc, argv);
  if (!port) return complain("usage: key_value [--port N], 0 to 65535; 0, or nothing: any that is free", wrong_use);
  return run(*port);
} catch (const std::exception& failure) {
  return complain(failure.what(), failed);
}
