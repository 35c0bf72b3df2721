// SPDX-License-Identifier: Apache-2.0
//
// Blocking sockets, as a service has had them all along. Nothing here knows of processes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace key_value {

/// An open file descriptor.
class socket {
 public:
  explicit socket(int fd) noexcept : fd_(fd) {}
  socket(socket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  socket& operator=(socket&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~socket();

  [[nodiscard]] int fd() const noexcept { return fd_; }
  /// Any thread: whoever is blocked in it, or will be, goes on at once.
  void wake() const noexcept;

 private:
  int fd_;
};

/// Listens on 127.0.0.1. Port 0: one that is free. @throws std::system_error
[[nodiscard]] socket listen_on(std::uint16_t port);
[[nodiscard]] std::uint16_t port_of(const socket& listening);
/// Blocks until somebody connects; an invalid socket (fd -1) after `wake`. @throws std::system_error
[[nodiscard]] socket accept_from(const socket& listening);

/// Reads and writes whole lines.
class line_stream {
 public:
  explicit line_stream(const socket& over) noexcept : socket_(over) {}

  /// False at the end, after `wake`, or when the line is longer than any sensible one.
  [[nodiscard]] bool read(std::string& line);
  /// False when nobody is there to read it.
  bool write(std::string_view line);

 private:
  static constexpr std::size_t longest = 1 << 20;

  const socket& socket_;
  std::string pending_;
};

}  // namespace key_value
