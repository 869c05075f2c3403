#include "experiments/harness/stats_fetch.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

namespace etude::harness {
namespace {

constexpr std::size_t kAnswerMax_bytes = 4 << 20;

}  // namespace

StatsFetch::StatsFetch(std::uint16_t port, const std::string& path) {
  fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd_ < 0) return;
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  // On the loopback interface connect() ends at once: the kernel is both sides. A full accept
  // queue would hold it up, so it is bounded.
  const timeval bound{.tv_sec = 1, .tv_usec = 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &bound, sizeof bound);
  // A C interface: the generic address is the same bytes.
  if (::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    finish();
    return;
  }
  const std::string request =
      fmt::format("GET {} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nConnection: close\r\n\r\n", path, port);
  const ssize_t sent = ::send(fd_, request.data(), request.size(), MSG_NOSIGNAL);
  if (sent != static_cast<ssize_t>(request.size())) finish();
}

StatsFetch::~StatsFetch() { finish(); }

void StatsFetch::finish() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

void StatsFetch::on_readable() {
  char chunk[16'384];
  while (fd_ >= 0) {
    const ssize_t count = ::recv(fd_, chunk, sizeof chunk, MSG_DONTWAIT);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == EAGAIN) return;
    if (count > 0 && received_.size() < kAnswerMax_bytes) {
      received_.append(chunk, static_cast<std::size_t>(count));
      continue;
    }
    // The server has closed: the answer is whole, as Connection: close asks.
    const std::size_t head_end = received_.find("\r\n\r\n");
    const bool accepted = received_.starts_with("HTTP/1.1 200");
    if (count == 0 && accepted && head_end != std::string::npos) {
      body_ = received_.substr(head_end + 4);
    }
    return finish();
  }
}

}  // namespace etude::harness
