// experiments/load/target.h
//
// Whom the load is aimed at: an http:// URL taken apart, and the address behind its name.
//
// Limits: plain HTTP only; the first address that the name resolves to.
// Errors: Error, naming the URL.

#pragma once

#include <sys/socket.h>

#include <string>

namespace etude::load {

struct Url {
  std::string host;       // as in the URL, an IPv6 address without its brackets
  std::string port;       // "80" when the URL names none
  std::string authority;  // the Host header's value
  std::string target;     // path and query, "/" when the URL has none
};

struct Address {
  sockaddr_storage storage{};
  socklen_t bytes = 0;
};

Url parse_url(const std::string& text);
Address resolve(const Url& url);

}  // namespace etude::load
