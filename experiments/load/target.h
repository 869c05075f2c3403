// experiments/load/target.h
//
// Whom the load is aimed at: an http:// URL taken apart, and the addresses behind its name.
//
// Limits: plain HTTP only; no user name in the URL.
// Errors: Error, naming the URL; a password in it is not repeated.
// Source: RFC 3986 sections 3.1 (a scheme is read without case) and 3.2 (an empty port is the
//         scheme's own); RFC 9110 section 4.2.4 (user names in URLs); RFC 8305 for the order.

#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/types.h"

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

// All addresses behind the name, in the order of preference that the machine has for them, none
// twice. At least one.
std::vector<Address> resolve(const Url& url);

// "127.0.0.1:8080", "[::1]:8080".
std::string name_of(const Address& address);

// The first of `candidates` that takes a connection within `each_ns`. A sole one is taken without
// being tried. Nothing: none does, and `problem` says of each why.
std::optional<Address> first_reachable(const std::vector<Address>& candidates, Nanos each_ns,
                                       std::string& problem);

// Where connection `number` of the load should come from: nothing means wherever the kernel likes.
// On 127.0.0.0/8 every 8,192 connections get a source address of their own. From one address the
// kernel hands out the even half of its ports in O(1), 14,116 by default, and from then on searches
// all of them in vain for each connection: 16,384 connections would take seconds of CPU.
std::optional<Address> source_for(const Address& target, std::uint32_t number);

}  // namespace etude::load
