// experiments/load/target.h
//
// Whom the load is aimed at: an http:// URL taken apart, and the address behind its name.
//
// Limits: plain HTTP only; the first address that the name resolves to.
// Errors: Error, naming the URL.

#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

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

// Whether `text` can stand in a request line: a path, with a query or without.
bool is_target(std::string_view text) noexcept;

Url parse_url(const std::string& text);
Address resolve(const Url& url);

// Where connection `number` of the load should come from: nothing means wherever the kernel likes.
// On 127.0.0.0/8 every 8,192 connections get a source address of their own. From one address the
// kernel hands out the even half of its ports in O(1), 14,116 by default, and from then on searches
// all of them in vain for each connection: 16,384 connections would take seconds of CPU.
std::optional<Address> source_for(const Address& target, std::uint32_t number);

}  // namespace etude::load
