// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <list>
#include <mutex>
#include <stop_token>
#include <thread>

#include "shard.hpp"
#include "socket.hpp"

namespace key_value {

/// The part that was there before: a loop that blocks in `accept`, and a thread for each client.
class server {
 public:
  server(fn::runtime& rt, const store& keys, socket listening, std::stop_source stop);
  /// Waits for the threads. Their clients are gone, or `wake` was called.
  ~server();

  /// Until `wake`. @throws std::system_error
  void accept_loop();
  /// Any thread: ends the loop, and what the clients' threads read.
  void wake();

 private:
  struct client {
    explicit client(socket from) : connection(std::move(from)) {}
    socket connection;
    std::thread thread;
    bool ended = false;
  };

  void start(socket connection);
  void join_those_that_ended();

  fn::runtime& rt_;
  const store& keys_;
  socket listening_;
  std::stop_source stop_;
  std::mutex mutex_;  // plain threads alone: a process would hold up its scheduler
  bool woken_ = false;
  std::list<client> clients_;
};

}  // namespace key_value
