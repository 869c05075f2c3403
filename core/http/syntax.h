// core/http/syntax.h
//
// The character classes and small grammars of HTTP that more than one place needs. Pure functions
// of the bytes; nothing here knows a connection.
//
// Threads: any.
// Source:  RFC 9110 §5.6 (tokens, lists, whitespace), RFC 3986 §2-3 (URI), RFC 9110 §7.2 (Host).

#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace etude::http {

enum CharClass : std::uint8_t {
  kTchar = 1,       // may stand in a token
  kFieldValue = 2,  // may stand in a field value: visible, SP, HTAB, or above 0x7f
  kTarget = 4,      // may stand in a request target; '%' is checked apart
  kRegName = 8,     // may stand in a host name; '%' is checked apart
  kDigit = 16,
  kHex = 32,
};

constexpr std::array<std::uint8_t, 256> make_char_classes() {
  std::array<std::uint8_t, 256> classes{};
  const auto mark = [&classes](std::string_view characters, unsigned bits) {
    for (const char c : characters) {
      auto& entry = classes[static_cast<unsigned char>(c)];
      entry = static_cast<std::uint8_t>(entry | bits);
    }
  };
  mark("0123456789", kTchar | kTarget | kRegName | kDigit | kHex);
  mark("abcdefABCDEF", kHex);
  mark("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", kTchar | kTarget | kRegName);
  mark("!#$%&'*+-.^_`|~", kTchar);
  mark("-._~!$&'()*+;=", kTarget | kRegName);
  // A comma is legal in a host name and in no host's name: taken as what it is in practice, two
  // Host lines that somebody joined.
  mark(",:@/?", kTarget);
  mark("\t", kFieldValue);
  for (unsigned c = 0x20; c < 256; ++c) {
    if (c != 0x7f) classes[c] = static_cast<std::uint8_t>(classes[c] | kFieldValue);
  }
  return classes;
}

inline constexpr std::array<std::uint8_t, 256> kCharClasses = make_char_classes();

constexpr bool is(char c, CharClass wanted) noexcept {
  return (kCharClasses[static_cast<unsigned char>(c)] & wanted) != 0;
}

constexpr bool all_are(std::string_view text, CharClass wanted) noexcept {
  for (const char c : text) {
    if (!is(c, wanted)) return false;
  }
  return true;
}

// all_are(text, kFieldValue), written so that the compiler takes 16 bytes at a time: values are
// most of what a head consists of.
constexpr bool is_field_value(std::string_view text) noexcept {
  unsigned bad = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    bad |= static_cast<unsigned>(byte < 0x20) & static_cast<unsigned>(byte != '\t');
    bad |= static_cast<unsigned>(byte == 0x7f);
  }
  return bad == 0;
}

// ASCII letters compare without regard to case. Requires: `lower` has no capitals.
constexpr bool equals_ignoring_case(std::string_view text, std::string_view lower) noexcept {
  if (text.size() != lower.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if ((c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c) != lower[i]) return false;
  }
  return true;
}

// Without the optional whitespace (SP, HTAB) at both ends.
constexpr std::string_view trim(std::string_view text) noexcept {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// Calls visit(element) for each element of a comma-separated list; empty ones are no elements.
template <typename Visit>
constexpr void for_each_element(std::string_view list, Visit&& visit) {
  while (!list.empty()) {
    const std::size_t comma = list.find(',');
    const std::string_view element = trim(list.substr(0, comma));
    if (!element.empty()) visit(element);
    if (comma == std::string_view::npos) return;
    list.remove_prefix(comma + 1);
  }
}

// 1*DIGIT that fits 64 bits, and nothing else.
std::optional<std::uint64_t> parse_decimal(std::string_view text) noexcept;

// Every character belongs to `wanted`, or is part of a well-formed "%" HEXDIG HEXDIG.
bool is_percent_encoded(std::string_view text, CharClass wanted) noexcept;

// uri-host [ ":" port ], not empty, a numeric IPv6 address in brackets, a port of at most 65535.
bool is_authority(std::string_view text) noexcept;

}  // namespace etude::http
