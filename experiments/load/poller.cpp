#include "experiments/load/poller.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "core/failure.h"

namespace etude::load {
namespace {

// As many as one wait hands out: enough to spread its cost, few enough that the clock reading
// after it is fresh. Chosen by hand.
constexpr std::size_t kEvents = 256;

}  // namespace

Poller::Poller() : fd_(epoll_create1(EPOLL_CLOEXEC)), events_(kEvents) {
  if (fd_ < 0) throw Error("epoll", std::strerror(errno), "raise the limit of open files");
}

Poller::~Poller() { close(fd_); }

bool Poller::add_socket(int fd, std::uint32_t token) noexcept {
  return add(fd, token, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET);
}

void Poller::add_signal(int fd, std::uint32_t token) {
  if (!add(fd, token, EPOLLIN)) {
    throw Error("epoll", std::strerror(errno), "raise fs.epoll.max_user_watches");
  }
}

bool Poller::add(int fd, std::uint32_t token, std::uint32_t events) noexcept {
  epoll_event event{};
  event.events = events;
  event.data.u32 = token;
  return epoll_ctl(fd_, EPOLL_CTL_ADD, fd, &event) == 0;
}

void Poller::remove(int fd) noexcept { epoll_ctl(fd_, EPOLL_CTL_DEL, fd, nullptr); }

std::size_t Poller::wait(Nanos timeout_ns) noexcept {
  // Nanoseconds, since an open loop aims at points in time that lie closer than 1 ms.
  const timespec timeout{.tv_sec = timeout_ns / kSecond, .tv_nsec = timeout_ns % kSecond};
  const int count =
      epoll_pwait2(fd_, events_.data(), static_cast<int>(events_.size()), &timeout, nullptr);
  if (count < 0) {
    require(errno == EINTR, "epoll_pwait2 fails by interruption only (Linux 5.11 or later)");
    return 0;
  }
  return static_cast<std::size_t>(count);
}

}  // namespace etude::load
