#include "experiments/load/target.h"

#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <string_view>

#include "core/failure.h"

namespace etude::load {
namespace {

constexpr std::string_view kScheme = "http://";

[[noreturn]] void refuse(const std::string& text, std::string_view problem) {
  throw Error(text, problem, "write it as http://host[:port]/path");
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

}  // namespace

bool is_target(std::string_view text) noexcept { return text.starts_with('/') && !has_blank(text); }

Url parse_url(const std::string& text) {
  if (!text.starts_with(kScheme)) refuse(text, "is no http:// URL");
  if (has_blank(text)) refuse(text, "holds a blank");
  const std::size_t path = text.find_first_of("/?#", kScheme.size());
  Url url;
  url.authority = text.substr(kScheme.size(), path - kScheme.size());
  url.target = path == std::string::npos ? "/" : text.substr(path, text.find('#') - path);
  if (url.target.empty() || url.target.front() == '?') {
    url.target = fmt::format("/{}", url.target);
  }

  const std::size_t bracket = url.authority.find(']');
  const std::size_t colon = url.authority.find(':', bracket == std::string::npos ? 0 : bracket);
  url.host = url.authority.substr(0, colon);
  url.port = colon == std::string::npos ? "80" : url.authority.substr(colon + 1);
  if (url.host.starts_with('[') && url.host.ends_with(']')) {
    url.host = url.host.substr(1, url.host.size() - 2);
  }
  if (url.host.empty() || url.host.find('@') != std::string::npos) refuse(text, "names no host");
  if (!is_port(url.port)) refuse(text, fmt::format("'{}' is no port", url.port));
  return url;
}

Address resolve(const Url& url) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int code = getaddrinfo(url.host.c_str(), url.port.c_str(), &hints, &found);
  if (code != 0) {
    throw Error(url.host, gai_strerror(code), "give a host name or address that resolves");
  }
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(found, freeaddrinfo);
  Address address;
  std::memcpy(&address.storage, found->ai_addr, found->ai_addrlen);
  address.bytes = found->ai_addrlen;
  return address;
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
