// SPDX-License-Identifier: Apache-2.0
#include "server.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <exception>
#include <utility>

#include "connection.hpp"

namespace key_value {

server::server(fn::runtime& rt, const store& keys, socket listening, std::stop_source stop)
    : rt_(rt), keys_(keys), listening_(std::move(listening)), stop_(std::move(stop)) {}

server::~server() {
  for (client& each : clients_) each.thread.join();
}

void server::accept_loop() {
  for (;;) {
    socket connection = accept_from(listening_);
    if (connection.fd() == -1) return;
    join_those_that_ended();
    start(std::move(connection));
  }
}

void server::start(socket connection) {
  const std::lock_guard lock(mutex_);
  if (woken_) return;
  client& made = clients_.emplace_back(std::move(connection));
  try {
    made.thread = std::thread([this, &made] {
      try {
        serve(rt_, keys_, made.connection, stop_);
      } catch (const std::exception& failure) {  // no memory, or no place for one process more
        fmt::print(stderr, "key_value: a client is turned away: {}\n", failure.what());
      }
      made.connection.wake();
      const std::lock_guard last(mutex_);
      made.ended = true;
    });
  } catch (const std::system_error& failure) {
    fmt::print(stderr, "key_value: a client is turned away: {}\n", failure.what());
    clients_.pop_back();
  }
}

void server::join_those_that_ended() {
  const std::lock_guard lock(mutex_);
  std::erase_if(clients_, [](client& each) {
    if (each.ended) each.thread.join();
    return each.ended;
  });
}

void server::wake() {
  const std::lock_guard lock(mutex_);
  woken_ = true;
  listening_.wake();
  for (const client& each : clients_) each.connection.wake();
}

}  // namespace key_value
