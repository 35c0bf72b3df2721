// SPDX-License-Identifier: Apache-2.0
#include "socket.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace key_value {

namespace {

[[noreturn]] void fail(const char* what) { throw std::system_error(errno, std::generic_category(), what); }

}  // namespace

socket::~socket() {
  if (fd_ != -1) ::close(fd_);
}

void socket::wake() const noexcept { ::shutdown(fd_, SHUT_RDWR); }

socket listen_on(std::uint16_t port) {
  socket made(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (made.fd() == -1) fail("socket");
  const int on = 1;
  ::setsockopt(made.fd(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::bind(made.fd(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) fail("bind");
  if (::listen(made.fd(), SOMAXCONN) != 0) fail("listen");
  return made;
}

std::uint16_t port_of(const socket& listening) {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  if (::getsockname(listening.fd(), reinterpret_cast<sockaddr*>(&address), &size) != 0) fail("getsockname");
  return ntohs(address.sin_port);
}

socket accept_from(const socket& listening) {
  for (;;) {
    const int fd = ::accept4(listening.fd(), nullptr, nullptr, SOCK_CLOEXEC);
    if (fd != -1 || errno == EINVAL) return socket(fd);         // EINVAL: shut down
    if (errno != EINTR && errno != ECONNABORTED) fail("accept");  // the client changed its mind
  }
}

bool line_stream::read(std::string& line) {
  std::size_t searched = 0;
  for (;;) {
    if (const auto end = pending_.find('\n', searched); end != std::string::npos) {
      line = pending_.substr(0, end);
      pending_.erase(0, end + 1);
      return true;
    }
    searched = pending_.size();
    if (searched > longest) return false;
    char some[4096];
    const ssize_t n = ::recv(socket_.fd(), some, sizeof some, 0);
    if (n == -1 && errno == EINTR) continue;
    if (n <= 0) return false;
    pending_.append(some, static_cast<std::size_t>(n));
  }
}

bool line_stream::write(std::string_view line) {
  std::string out(line);
  for (out += '\n'; !out.empty();) {
    const ssize_t n = ::send(socket_.fd(), out.data(), out.size(), MSG_NOSIGNAL);
    if (n == -1 && errno == EINTR) continue;
    if (n <= 0) return false;
    out.erase(0, static_cast<std::size_t>(n));
  }
  return true;
}

}  // namespace key_value
