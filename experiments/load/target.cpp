#include "experiments/load/target.h"

#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <strings.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <string_view>

#include "core/failure.h"

namespace etude::load {
namespace {

constexpr std::string_view kScheme = "http://";

[[noreturn]] void refuse(const std::string& text, std::string_view problem,
                         std::string_view remedy = "write it as http://host[:port]/path") {
  throw Error(text, problem, remedy);
}

bool is_port(std::string_view text) {
  if (text.empty() || text.size() > 5) return false;
  if (text.find_first_not_of("0123456789") != std::string_view::npos) return false;
  const int port = std::stoi(std::string(text));
  return port >= 1 && port <= 65'535;
}

// A blank or a control character, which would end the request line early.
bool has_blank(std::string_view text) noexcept {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == 0x7f; });
}

// Host and port out of the authority, `text` being the whole URL.
void split_authority(const std::string& text, Url& url) {
  const std::string& authority = url.authority;
  std::size_t colon = authority.find(':');
  if (authority.starts_with('[')) {
    const std::size_t bracket = authority.find(']');
    if (bracket == std::string::npos) refuse(text, "opens a bracket that nothing closes");
    url.host = authority.substr(1, bracket - 1);
    colon = bracket + 1 == authority.size() ? std::string::npos : bracket + 1;
    if (colon != std::string::npos && authority[colon] != ':') {
      refuse(text, "goes on behind the bracket with something else than a port");
    }
  } else {
    url.host = authority.substr(0, colon);
    if (colon != std::string::npos && authority.find(':', colon + 1) != std::string::npos) {
      refuse(text, "has two colons behind its scheme",
             "write an IPv6 address in brackets: http://[::1]:8080/");
    }
  }
  if (url.host.empty()) refuse(text, "names no host");
  const std::string port = colon == std::string::npos ? std::string() : authority.substr(colon + 1);
  url.port = port.empty() ? "80" : port;
  if (!is_port(url.port)) refuse(text, fmt::format("'{}' is no port", url.port));
}

// 0: it takes a connection; else the errno that says why not.
int try_connecting(const Address& address, Nanos bound_ns) noexcept {
  const int fd = socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return errno;
  int reason = 0;
  if (connect(fd, reinterpret_cast<const sockaddr*>(&address.storage), address.bytes) != 0) {
    reason = errno;
  }
  if (reason == EINPROGRESS) {
    pollfd waiting{.fd = fd, .events = POLLOUT, .revents = 0};
    const timespec bound{.tv_sec = bound_ns / kSecond, .tv_nsec = bound_ns % kSecond};
    socklen_t bytes = sizeof reason;
    if (ppoll(&waiting, 1, &bound, nullptr) != 1) {
      reason = ETIMEDOUT;
    } else {
      getsockopt(fd, SOL_SOCKET, SO_ERROR, &reason, &bytes);
    }
  }
  close(fd);
  return reason;
}

}  // namespace

bool is_target(std::string_view text) noexcept { return text.starts_with('/') && !has_blank(text); }

Url parse_url(const std::string& text) {
  if (strncasecmp(text.c_str(), kScheme.data(), kScheme.size()) != 0) {
    refuse(text, "is no http:// URL");
  }
  if (has_blank(text)) refuse(text, "holds a blank or a control character");
  const std::size_t path = text.find_first_of("/?#", kScheme.size());
  Url url;
  url.authority = text.substr(kScheme.size(), path - kScheme.size());
  url.target = path == std::string::npos ? "/" : text.substr(path, text.find('#') - path);
  if (url.target.empty() || url.target.front() == '?') {
    url.target = fmt::format("/{}", url.target);
  }
  const std::size_t user = url.authority.rfind('@');
  if (user != std::string::npos) {
    refuse(fmt::format("http://..@{}", url.authority.substr(user + 1)), "names a user",
           "leave the user out, and add -H 'Authorization: Basic ..' with base64 of user:password");
  }
  split_authority(text, url);
  return url;
}

std::vector<Address> resolve(const Url& url) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int code = getaddrinfo(url.host.c_str(), url.port.c_str(), &hints, &found);
  if (code != 0) {
    throw Error(url.host, gai_strerror(code), "give a host name or address that resolves");
  }
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(found, freeaddrinfo);
  std::vector<Address> addresses;
  for (const addrinfo* entry = found; entry != nullptr; entry = entry->ai_next) {
    if (entry->ai_family != AF_INET && entry->ai_family != AF_INET6) continue;
    Address address;
    std::memcpy(&address.storage, entry->ai_addr, entry->ai_addrlen);
    address.bytes = entry->ai_addrlen;
    const bool is_known = std::any_of(addresses.begin(), addresses.end(), [&](const Address& one) {
      return name_of(one) == name_of(address);
    });
    if (!is_known) addresses.push_back(address);
  }
  if (addresses.empty()) {
    throw Error(url.host, "has no IPv4 or IPv6 address", "give a host that has");
  }
  return addresses;
}

std::string name_of(const Address& address) {
  char host[NI_MAXHOST];
  char port[NI_MAXSERV];
  const int code =
      getnameinfo(reinterpret_cast<const sockaddr*>(&address.storage), address.bytes, host,
                  sizeof host, port, sizeof port, NI_NUMERICHOST | NI_NUMERICSERV);
  require(code == 0, "an address of IP has a numeric name");
  const bool is_v6 = address.storage.ss_family == AF_INET6;
  return is_v6 ? fmt::format("[{}]:{}", host, port) : fmt::format("{}:{}", host, port);
}

std::optional<Address> first_reachable(const std::vector<Address>& candidates, Nanos each_ns,
                                       std::string& problem) {
  if (candidates.size() == 1) return candidates.front();
  for (const Address& address : candidates) {
    const int reason = try_connecting(address, each_ns);
    if (reason == 0) return address;
    problem += fmt::format("{}{}: {}", problem.empty() ? "" : ", ", name_of(address),
                           std::strerror(reason));
  }
  return {};
}

std::optional<Address> source_for(const Address& target, std::uint32_t number) {
  constexpr std::uint32_t kPerSource = 8'192;
  constexpr std::uint32_t kLoopback = 0x7f00'0000U;  // 127.0.0.0/8
  constexpr std::uint32_t kNetwork = 0xff00'0000U;
  const std::uint32_t source = number / kPerSource;
  if (source == 0 || target.storage.ss_family != AF_INET) return {};
  sockaddr_in address{};
  std::memcpy(&address, &target.storage, sizeof address);
  if ((ntohl(address.sin_addr.s_addr) & kNetwork) != kLoopback) return {};
  address.sin_addr.s_addr = htonl(kLoopback + 1 + source);
  address.sin_port = 0;
  Address result;
  std::memcpy(&result.storage, &address, sizeof address);
  result.bytes = sizeof address;
  return result;
}

}  // namespace etude::load
